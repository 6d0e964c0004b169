from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.training.street_loss import boundary_loss, class_loss, range_loss, street_loss  # noqa: E402

ONE = torch.ones(1, 1, 4, 4)


def labels(*classes: int) -> torch.Tensor:
    """Shares (1, 8, 1, w) of cells of one class each; -1 is not labelled."""
    shares = torch.zeros(1, 8, 1, len(classes))
    for column, each in enumerate(classes):
        if each >= 0:
            shares[0, each, 0, column] = 1.0
    return shares


def test_certain_and_right_costs_nothing() -> None:
    shares = labels(1, 3, 5, 1)
    assert float(class_loss(100.0 * shares, shares)) == pytest.approx(0.0, abs=1e-5)


def test_what_is_not_labelled_does_not_count() -> None:
    logits = torch.randn(1, 8, 1, 4, generator=torch.Generator().manual_seed(0))
    other = logits.clone()
    other[..., 2:] = 50.0 * torch.randn(8, 1, 2, generator=torch.Generator().manual_seed(1))

    shares = labels(1, 3, -1, -1)
    assert float(class_loss(logits, shares)) == pytest.approx(float(class_loss(other, shares)), rel=1e-5)


def test_a_range_that_is_ten_per_cent_too_long_everywhere_costs_its_logarithm() -> None:
    truth = torch.full((1, 1, 4, 4), 2.0)
    truth[0, 0, 1, 1] = float("nan")
    found = torch.full((1, 1, 4, 4), 2.0) + torch.log(torch.tensor(1.1))

    assert float(range_loss(found, truth, ONE)) == pytest.approx(float(torch.log(torch.tensor(1.1))), rel=1e-4)


def test_guessed_ranges_count_less() -> None:
    truth = torch.stack([torch.full((1, 4, 4), 2.0), torch.full((1, 4, 4), 3.0)])
    found = torch.full((2, 1, 4, 4), 2.0)
    trusted = range_loss(found, truth, torch.ones(2, 1, 4, 4))
    guessed = range_loss(found, truth, torch.tensor([1.0, 0.25]).reshape(2, 1, 1, 1).expand(2, 1, 4, 4))

    assert float(trusted) == pytest.approx(0.5) and float(guessed) == pytest.approx(0.2)


def test_an_image_with_few_known_ranges_counts_like_one_with_many() -> None:
    truth = torch.full((2, 1, 4, 4), 2.0)
    truth[1] = float("nan")
    truth[1, 0, 2, 2] = 3.0
    found = torch.full((2, 1, 4, 4), 2.0)

    assert float(range_loss(found, truth, torch.ones(2, 1, 4, 4))) == pytest.approx(0.5)


def test_one_missed_boundary_among_many_cells_costs_as_much_as_all_the_others_wrong() -> None:
    truth = torch.zeros(1, 1, 10, 10)
    truth[0, 0, 5, 5] = 1.0
    right = torch.where(truth > 0.0, 20.0, -20.0)
    missed, false = torch.full_like(right, -20.0), torch.full_like(right, 20.0)
    costs = [float(boundary_loss(each, truth, torch.ones_like(truth), truth)) for each in (right, missed, false)]

    assert costs[0] == pytest.approx(0.0, abs=1e-3)
    assert costs[1] > 20.0 and costs[2] > 20.0


def test_gradients_are_numbers_where_nothing_is_known() -> None:
    outputs = tuple(torch.zeros(2, channels, 4, 4, requires_grad=True) for channels in (8, 1, 1))
    unknown = torch.full((2, 1, 4, 4), float("nan"))
    loss = street_loss(
        (outputs[0], outputs[1], outputs[2]), torch.zeros(2, 8, 4, 4), unknown, unknown, torch.tensor([True, False])
    )
    torch.autograd.backward(loss)

    assert all(bool(output.grad is not None and output.grad.isfinite().all()) for output in outputs)
