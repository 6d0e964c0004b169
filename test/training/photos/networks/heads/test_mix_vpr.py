from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.photos.networks.heads.mix_vpr import MixVprHead  # noqa: E402


@pytest.mark.parametrize("dimension", [16, 64])
def test_it_makes_what_is_asked(dimension: int) -> None:
    assert MixVprHead(6, (3, 5), dimension)((torch.rand(2, 6, 3, 5),)).shape == (2, dimension)


def test_it_begins_as_two_projections() -> None:
    head, features = MixVprHead(6, (2, 3), 8), torch.rand(1, 6, 2, 3)
    for mixer in head.mix:
        torch.nn.init.zeros_(mixer.second.weight)
    rows = features.flatten(2)
    across = torch.einsum("nch,dc->ndh", rows, head.across_channels.weight) + head.across_channels.bias[:, None]
    expected = across @ head.across_cells.weight.T + head.across_cells.bias
    assert torch.allclose(head((features,)), expected.flatten(1), atol=1e-5)


def test_where_things_are_matters() -> None:
    head, features = MixVprHead(6, (3, 5), 16), torch.rand(1, 6, 3, 5)
    assert not torch.allclose(head((features,)), head((features.flip(3),)), atol=1e-3)
