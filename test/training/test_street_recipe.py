from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.core.classes import SemanticClass  # noqa: E402
from geoloc_ros.training.street_augment import CropSettings  # noqa: E402
from geoloc_ros.training.street_recipe import StreetRecipe  # noqa: E402
from geoloc_ros.training.street_samples import StreetSample  # noqa: E402
from geoloc_ros.training.street_sources import StreetShare, StreetSources  # noqa: E402


class Wall:
    """A grey wall ten metres away under a blue sky."""

    kind = "walls"
    knows_buildings = True

    def __len__(self) -> int:
        return 1

    def sample(self, number: int) -> StreetSample:
        is_wall = np.broadcast_to(np.arange(64)[:, None] >= 32, (64, 96))
        return StreetSample(
            np.where(is_wall[..., None], np.uint8([90, 90, 90]), np.uint8([90, 140, 250])),
            np.where(is_wall, SemanticClass.BUILDING, SemanticClass.SKY).astype(np.uint8),
            np.where(is_wall, np.float32(10.0), np.float32(np.nan)),
            np.where(is_wall, 0, -1).astype(np.int32), np.full((64, 96), 0.1, np.float32),
        )  # fmt: skip


def recipe(seed: int = 0, base: Path | None = None) -> StreetRecipe:
    wall = Wall()
    crops = CropSettings(width=64, height=64)
    return StreetRecipe(StreetSources((StreetShare(wall, 1.0, crops),), wall, wall), seed, base)


def test_a_batch_follows_from_seed_and_step_alone() -> None:
    first, second = recipe(5), recipe(5)
    second.batch(41)  # what came before does not matter

    for one, other in zip(first.batch(3), second.batch(3), strict=True):
        torch.testing.assert_close(one, other, rtol=0.0, atol=0.0, equal_nan=True)


def test_a_few_steps_make_the_network_better() -> None:
    street = recipe()
    optimizer = torch.optim.AdamW([p for p in street.module.parameters() if p.requires_grad], lr=2e-3)
    batch = street.batch(0)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = street.loss(batch)
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.7 * losses[0]


def test_a_network_goes_on_from_its_file(tmp_path: Path) -> None:
    first = recipe(1)
    # As in any trained network, no two tensors are equal: the exporter would keep but one of them.
    for tensor in first.module.average.state_dict().values():
        tensor += (1e-3 * torch.rand(tensor.shape)).to(tensor.dtype)
    first.export(tmp_path / "street.onnx")
    again = recipe(2, base=tmp_path / "street.onnx")

    for name, tensor in first.module.average.named_parameters():
        torch.testing.assert_close(again.module.learning.get_parameter(name), tensor, rtol=0.0, atol=0.0)


def test_it_says_how_good_it_is_on_photos_and_views() -> None:
    street = recipe()
    street.module.eval()

    assert np.isfinite(street.validate())
    assert "photos: IoU" in street.figures() and "views: IoU" in street.figures()


def test_the_rate_rises_and_falls() -> None:
    rates = [recipe().learning_rate(progress) for progress in (0.0, 0.02, 0.5, 1.0)]
    assert rates[0] < rates[2] < rates[1] and rates[3] < 0.02 * rates[1]
