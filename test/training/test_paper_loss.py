from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.paper_loss import all_triplets_loss  # noqa: E402

OTHERS = ~torch.eye(2, dtype=torch.bool)


def test_the_mean_is_over_triplets_that_violate_the_margin() -> None:
    # On a line: location 0 at 0 and 1, location 1 at 2 and 5. Anchor, positive, negative at distances p and n:
    # (0, 1): n = 2, 5 -> p - n + 1.5 = 0.5; (1, 0): n = 1, 4 -> 1.5; (2, 5): n = 2, 1 -> 2.5, 3.5;
    # (5, 2): n = 5, 4 -> none, 0.5.
    points = torch.tensor([[[0.0], [1.0]], [[2.0], [5.0]]])
    assert float(all_triplets_loss(points, OTHERS, 1.5)) == pytest.approx((0.5 + 1.5 + 2.5 + 3.5 + 0.5) / 5)


def test_it_is_the_sum_over_all_triplets() -> None:
    embedding = torch.nn.functional.normalize(torch.randn(4, 3, 5, generator=torch.manual_seed(0)), dim=2)
    is_negative = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]], dtype=torch.bool)
    terms = []
    for location, anchor, positive in itertools.product(range(4), range(3), range(3)):
        for other, negative in itertools.product(range(4), range(3)):
            if anchor != positive and is_negative[location, other]:
                to_positive = torch.dist(embedding[location, anchor], embedding[location, positive])
                to_negative = torch.dist(embedding[location, anchor], embedding[other, negative])
                terms.append(max(0.0, 0.2 + float(to_positive - to_negative)))
    positive_terms = [term for term in terms if term > 0.0]
    expected = sum(positive_terms) / len(positive_terms)
    assert float(all_triplets_loss(embedding, is_negative, 0.2)) == pytest.approx(expected, rel=1e-4)


def test_places_told_apart_cost_nothing() -> None:
    points = torch.tensor([[[0.0], [0.1]], [[9.0], [9.1]]], requires_grad=True)
    loss = all_triplets_loss(points, OTHERS, 0.2)
    loss.backward()
    assert loss.item() == 0.0 and not points.grad.any()


def test_places_too_near_to_tell_apart_do_not_count() -> None:
    points = torch.tensor([[[0.0], [1.0]], [[0.0], [1.0]]])
    assert float(all_triplets_loss(points, torch.zeros(2, 2, dtype=torch.bool), 0.2)) == 0.0


def test_equal_embeddings_have_a_finite_slope() -> None:
    points = torch.zeros(2, 2, 3, requires_grad=True)
    all_triplets_loss(points, OTHERS, 0.2).backward()
    assert torch.isfinite(points.grad).all()
