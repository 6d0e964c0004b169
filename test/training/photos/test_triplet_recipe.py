from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.loop import Budget, LoopSettings, TrainingResult, train  # noqa: E402
from geoloc_ros.training.photos.mining.choosing import Mining, MiningSettings  # noqa: E402
from geoloc_ros.training.photos.photo_recipe import PhotoTask  # noqa: E402
from geoloc_ros.training.photos.triplet_recipe import TripletRecipe  # noqa: E402
from geoloc_ros.training.recipe import Batch, RefreshingRecipe  # noqa: E402

MakeTask = Callable[[int], PhotoTask]


class Killed(Exception):
    """In place of a signal."""


def recipe(task: PhotoTask, mining: Mining, killed_at: int = -1) -> TripletRecipe:
    settings = MiningSettings(mining, 2, pool=20, sub_cache=15, refresh_every=4, partial_refresh_every=3)
    made = TripletRecipe(task, settings)
    make = made.batch

    def batch(step: int) -> Batch:
        if step == killed_at:
            raise Killed
        return make(step)

    made.batch = batch  # type: ignore[method-assign]
    return made


def run(recipe: TripletRecipe, folder: Path) -> TrainingResult:
    return train(recipe, "", Budget(steps=10), LoopSettings(validations=2, checkpoint_every_s=0.0), folder)


def test_the_loss_is_zero_where_negatives_are_farther_by_the_margin_and_linear_before(make_task: MakeTask) -> None:
    """Squared distances of unit vectors at right angles are 2, of equal ones 0, of opposite ones 4."""
    made = recipe(make_task(0), "random")
    answer = torch.arange(8).view(2, 4)
    east, north, west = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([-1.0, 0.0])
    easy = torch.stack([east, east, north, west])
    assert float(made.place_loss(torch.cat([easy, easy]), answer)) == 0.0
    # 2 - 0 + 0.1 and 2 - 4 + 0.1, which counts as nothing.
    hard = torch.stack([east, north, east, west])
    assert float(made.place_loss(torch.cat([easy, hard]), answer)) == pytest.approx(2.1 / 4.0)


def test_triplets_follow_each_other_and_are_mirrored_as_a_whole(make_task: MakeTask, tmp_path: Path) -> None:
    made = recipe(make_task(0), "full")
    assert isinstance(made, RefreshingRecipe)
    run(made, tmp_path)
    first, second = made.examples(8), made.examples(9)
    query = made.memory()["query"]
    assert first.answer.shape == (4, 4) and len(query) == 16
    assert first.rows[::4].tolist() == query[:4].tolist() and second.rows[::4].tolist() == query[4:8].tolist()
    for each in (first, second):
        assert all(len(set(each.is_mirrored[begin : begin + 4])) == 1 for begin in range(0, 16, 4))


@pytest.mark.parametrize(("mining", "killed_at"), [("partial", 5), ("partial", 6), ("subcache", 7), ("full", 9)])
def test_a_killed_training_mines_on_as_if_it_had_not_been(
    make_task: MakeTask, tmp_path: Path, mining: Mining, killed_at: int
) -> None:
    whole, killed, resumed = (recipe(make_task(3), mining, at) for at in (-1, killed_at, -1))
    run(whole, tmp_path / "whole")
    with pytest.raises(Killed):
        run(killed, tmp_path / "killed")
    run(resumed, tmp_path / "killed")
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, resumed.module.state_dict()[name]), name
    for name, value in whole.memory().items():
        assert torch.equal(value, resumed.memory()[name]), name
