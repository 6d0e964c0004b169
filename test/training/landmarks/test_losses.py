from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.landmarks.losses import (  # noqa: E402
    Cells,
    TripletSettings,
    coordinate_loss,
    cosine_cross_entropy,
    direction_loss,
    hard_negatives,
    known_cells,
    mean_embeddings,
    prototype_triplet,
    random_triplet,
)
from geoloc_ros.training.landmarks.views import IGNORED  # noqa: E402

AXES = torch.eye(4)


def cells(label: list[int], embedding: torch.Tensor, rank: float = 0.0) -> Cells:
    count = len(label)
    return Cells(
        torch.zeros(count, dtype=torch.long), torch.tensor(label), torch.full((count,), rank), embedding
    )  # fmt: skip


def test_embeddings_on_their_prototypes_cost_nothing() -> None:
    assert float(prototype_triplet(cells([1, 2, 0], AXES[[1, 2, 0]]), AXES, TripletSettings())) == 0.0


def test_an_embedding_on_another_prototype_costs_the_margin_and_one() -> None:
    """Cosines are 1 with the wrong prototype, which is the hardest negative, and 0 with the own one."""
    loss = prototype_triplet(cells([1], AXES[[2]]), AXES, TripletSettings(neighbours=1))
    assert float(loss) == pytest.approx(1.5)


def test_the_length_of_prototypes_does_not_matter() -> None:
    some = torch.nn.functional.normalize(torch.rand(6, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    given_cells = cells([0, 1, 2, 3, 1, 2], some, rank=0.4)
    assert float(prototype_triplet(given_cells, AXES * 7.0, TripletSettings())) == pytest.approx(
        float(prototype_triplet(given_cells, AXES, TripletSettings()))
    )


def test_the_rank_chooses_among_the_negatives() -> None:
    """Of the own prototype turned to another: the first negative is that one, the second at a right angle."""
    halfway = torch.tensor([[0.0, math.cos(0.7), math.sin(0.7), 0.0]])
    hard = prototype_triplet(cells([1], halfway, rank=0.0), AXES, TripletSettings(neighbours=2))
    easy = prototype_triplet(cells([1], halfway, rank=0.99), AXES, TripletSettings(neighbours=2))
    assert float(hard) == pytest.approx(0.5 + math.sin(0.7) - math.cos(0.7), abs=1e-6)
    assert float(easy) == pytest.approx(max(0.0, 0.5 - math.cos(0.7)), abs=1e-6)


def test_negatives_are_those_of_the_mean_of_the_landmark_in_its_image() -> None:
    """Two cells of landmark 1 in image 0 lean to prototype 2, one in image 1 to prototype 3."""
    lean = torch.nn.functional.normalize(
        torch.tensor([[0, 1.0, 0.5, 0], [0, 1.0, 0.7, 0.1], [0, 1.0, 0, 0.5]]), dim=1
    )
    both = Cells(torch.tensor([0, 0, 1]), torch.tensor([1, 1, 1]), torch.zeros(3), lean)
    loss = prototype_triplet(both, AXES, TripletSettings(neighbours=1))
    by_hand = sum(max(0.0, 0.5 + float(lean[row, other] - lean[row, 1])) for row, other in enumerate((2, 2, 3))) / 3
    assert float(loss) == pytest.approx(by_hand, abs=1e-6)


@settings(deadline=None)
@given(seed=st.integers(0, 1000), neighbours=st.integers(1, 20))
def test_hard_negatives_are_the_most_similar_without_the_own(seed: int, neighbours: int) -> None:
    rng = np.random.default_rng(seed)
    prototype = torch.from_numpy(rng.normal(size=(12, 3)).astype(np.float32))
    mean, own = torch.from_numpy(rng.normal(size=(5, 3)).astype(np.float32)), torch.from_numpy(rng.integers(0, 12, 5))
    found = hard_negatives(mean, own, prototype, neighbours)
    assert found.shape == (5, min(neighbours, 11))
    for row in range(5):
        order = [k for k in np.argsort(-(prototype @ mean[row]).numpy(), kind="stable") if k != int(own[row])]
        assert found[row].tolist() == order[: found.shape[1]]


def test_mean_embeddings_are_means_by_group() -> None:
    found = mean_embeddings(AXES[[0, 1, 2]], torch.tensor([0, 0, 1]), 2)
    torch.testing.assert_close(found, torch.stack([(AXES[0] + AXES[1]) / math.sqrt(2.0), AXES[2]]))


@settings(deadline=None)
@given(label=st.integers(0, 3), rank=st.floats(0.0, 1.0, exclude_max=True))
def test_a_random_negative_is_never_the_own_prototype(label: int, rank: float) -> None:
    """An embedding on its own prototype costs nothing against any other, but the margin against itself."""
    assert float(random_triplet(cells([label], AXES[[label]], rank), AXES, TripletSettings())) == 0.0


def test_cross_entropy_of_equal_cosines_is_that_of_chance() -> None:
    flat = torch.full((1, 4), 0.5)
    assert float(cosine_cross_entropy(cells([1], flat), AXES, torch.tensor(2.0))) == pytest.approx(math.log(4.0))


def test_cells_that_are_ignored_are_left_out() -> None:
    label = torch.tensor([[[1, IGNORED], [0, 2]]])
    embedding = torch.arange(12.0).reshape(1, 3, 2, 2)
    known = known_cells(embedding, label, torch.zeros(1, 2, 2))
    assert known.label.tolist() == [1, 0, 2]
    assert known.embedding.tolist() == [[0, 4, 8], [2, 6, 10], [3, 7, 11]]


def test_directions_count_where_there_is_a_landmark() -> None:
    label = torch.tensor([[[1, 0, IGNORED]]])
    wanted = torch.zeros(1, 2, 1, 3)
    found = torch.tensor([[[[0.3, 9.0, 9.0]], [[-0.4, 9.0, 9.0]]]])
    assert float(direction_loss(found, wanted, label)) == pytest.approx(0.7)


def test_no_landmark_in_view_costs_no_direction() -> None:
    assert float(direction_loss(torch.ones(1, 2, 1, 1), torch.zeros(1, 2, 1, 1), torch.zeros(1, 1, 1))) == 0.0


def test_coordinates_count_in_extents_where_they_are_known() -> None:
    wanted = torch.tensor([[[[1.0, math.nan]], [[2.0, 0.0]], [[3.0, 0.0]]]])
    found = torch.tensor([[[[2.0, 5.0]], [[2.0, 5.0]], [[1.0, 5.0]]]], requires_grad=True)
    loss = coordinate_loss(found, wanted, torch.tensor(2.0))
    assert float(loss.detach()) == pytest.approx(1.5)
    loss.backward()
    assert bool(torch.isfinite(found.grad).all())
