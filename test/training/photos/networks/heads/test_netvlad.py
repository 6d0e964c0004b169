from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from torch.nn.functional import normalize  # noqa: E402

from geoloc_ros.training.photos.networks.heads.netvlad import NetVladHead  # noqa: E402

AXES = torch.eye(3)


def sure_head() -> NetVladHead:
    """Its words are the axes of space, and each place belongs to the nearest one alone."""
    head = NetVladHead(3, 3)
    head.start(AXES, gap=0.001)
    return head


def test_with_sure_assignment_the_residuals_of_each_word_are_summed() -> None:
    local = normalize(torch.tensor([(0.9, 0.1, 0.0), (0.9, 0.0, 0.3), (0.0, 1.0, 0.2)]), dim=1)
    found = sure_head()((local.T.reshape(1, 3, 1, 3),)).reshape(3, 3)
    first = normalize((local[0] - AXES[0]) + (local[1] - AXES[0]), dim=0)
    second = normalize(local[2] - AXES[1], dim=0)
    assert torch.allclose(found, torch.stack([first, second, torch.zeros(3)]), atol=1e-4)


def test_shares_of_a_place_add_up_to_one() -> None:
    head = NetVladHead(3, 4)
    local = normalize(torch.rand(1, 3, 2, 2), dim=1)
    share = head.assignment(local).softmax(dim=1).flatten(2)
    expected = share @ local.flatten(2).transpose(1, 2) - share.sum(2)[..., None] * head.centre
    assert torch.allclose(head.aggregate(local, None), normalize(expected, dim=2).flatten(1), atol=1e-6)


def test_the_nearest_word_counts_a_hundred_times_the_second() -> None:
    head = NetVladHead(2, 2)
    centre = torch.tensor([(1.0, 0.0), (0.0, 1.0)])
    place = normalize(torch.tensor([0.8, 0.6]), dim=0)
    gap = float((place - centre[1]).square().sum() - (place - centre[0]).square().sum())
    head.start(centre, gap)
    share = head.assignment(place.reshape(1, 2, 1, 1)).softmax(dim=1).flatten()
    assert float(share[0] / share[1]) == pytest.approx(100.0, rel=1e-3)


def test_brighter_features_say_the_same() -> None:
    features = torch.rand(2, 3, 4, 5)
    head = sure_head()
    assert torch.allclose(head((features,)), head((7.0 * features,)), atol=1e-5)


def test_equal_weights_change_nothing() -> None:
    local = normalize(torch.rand(1, 3, 2, 5), dim=1)
    head = NetVladHead(3, 4)
    assert torch.allclose(head.aggregate(local, torch.full((1, 1, 2, 5), 2.5)), head.aggregate(local, None), atol=1e-6)
