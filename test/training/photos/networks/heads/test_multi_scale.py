from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from torch.nn.functional import normalize  # noqa: E402

from geoloc_ros.training.photos.networks.heads.multi_scale import MultiScaleHead  # noqa: E402

FINE, COARSE = torch.rand(2, 6, 4, 8), torch.rand(2, 10, 2, 4)


def head(has_attention: bool = True, has_two_scales: bool = True) -> MultiScaleHead:
    return MultiScaleHead((6, 10), has_attention=has_attention, has_two_scales=has_two_scales, width_ratio=0.125)


@pytest.mark.parametrize(("has_attention", "has_two_scales", "size"), [(True, True, 16), (False, True, 16),
                                                                       (True, False, 10)])
def test_the_sizes_of_both_stages_add_up(has_attention: bool, has_two_scales: bool, size: int) -> None:
    assert head(has_attention, has_two_scales)((FINE, COARSE)).shape == (2, size)


def test_the_published_head_has_3072_dimensions_and_64_filters_of_three_sizes() -> None:
    published = MultiScaleHead((1024, 2048), has_attention=True, has_two_scales=True, width_ratio=1.0)
    assert published.attention is not None
    assert [tuple(each.weight.shape) for each in published.attention.filters] == [
        (64, 1024, size, size) for size in (3, 5, 7)
    ]
    assert published((torch.rand(1, 1024, 2, 2), torch.rand(1, 2048, 1, 1))).shape == (1, 3072)


def test_a_cell_without_weight_does_not_count() -> None:
    weight = torch.ones(2, 1, 4, 8)
    weight[:, :, :, 4:] = 0.0
    changed = FINE.clone()
    changed[:, :, :, 4:] += 5.0
    found, expected = (head().pool((fine, COARSE), weight)[:, :6] for fine in (changed, FINE))
    assert torch.allclose(found, expected, atol=1e-6)


def test_equal_weights_are_no_weights() -> None:
    both = head()
    one = both.pool((FINE, FINE), None)
    assert torch.allclose(both.pool((FINE, FINE), torch.full((2, 1, 4, 8), 3.0)), one, atol=1e-5)


def test_both_stages_count_alike_however_large_their_features_are() -> None:
    found = normalize(head(has_attention=False)((1000.0 * FINE, COARSE)), dim=1)
    assert torch.allclose(found, normalize(head(has_attention=False)((FINE, COARSE)), dim=1), atol=1e-6)


def test_the_map_is_positive_and_learns_from_the_descriptor() -> None:
    both = head()
    weight = both.weight((FINE, COARSE))
    assert weight is not None and weight.shape == (2, 1, 4, 8) and bool((weight > 0.0).all())
    both((FINE, COARSE))[:, 0].sum().backward()
    assert both.attention is not None and both.attention.join.weight.grad is not None
    assert float(both.attention.join.weight.grad.abs().sum()) > 0.0
