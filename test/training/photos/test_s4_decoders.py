from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.classes import NUM_CLASSES  # noqa: E402
from geoloc_ros.training.photos.s4_decoders import DecoderName, join_stages, make_decoder  # noqa: E402


@pytest.mark.parametrize("name", ["deeplab", "psp"])
@pytest.mark.parametrize("grid", [(8, 10), (5, 3)])
def test_there_is_a_score_of_each_class_for_each_cell(name: DecoderName, grid: tuple[int, int]) -> None:
    features = torch.randn(2, 12, *grid)
    assert make_decoder(name, 12)(features).shape == (2, NUM_CLASSES, *grid)


def test_deeplab_looks_24_cells_far_and_not_farther() -> None:
    decoder = make_decoder("deeplab", 1)
    features = torch.zeros(1, 1, 1, 61)
    features[..., 30] = 1.0
    reached = (decoder(features) - decoder(torch.zeros_like(features))).abs().sum((0, 1, 2)) > 0.0
    assert torch.nonzero(reached).flatten().tolist() == [6, 12, 18, 24, 30, 36, 42, 48, 54]


def test_psp_looks_at_the_whole_photo() -> None:
    decoder, features = make_decoder("psp", 8), torch.zeros(1, 8, 6, 40)
    changed = features.clone()
    changed[..., -1] = 100.0
    assert not torch.allclose(decoder(changed)[..., 0], decoder(features)[..., 0], atol=1e-7)


def test_the_coarser_stage_is_raised_to_the_finer_one() -> None:
    fine, coarse = torch.rand(1, 3, 8, 10), torch.full((1, 2, 4, 5), 7.0)
    joined = join_stages((fine, coarse))
    assert torch.equal(joined[:, :3], fine) and torch.allclose(joined[:, 3:], torch.full((1, 2, 8, 10), 7.0))
