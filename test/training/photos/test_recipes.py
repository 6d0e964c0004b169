"""Places by multi-similarity, and classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.loop import Budget, LoopSettings, train  # noqa: E402
from geoloc_ros.training.photos.cosplace_recipe import CosPlaceRecipe  # noqa: E402
from geoloc_ros.training.photos.multisimilarity_recipe import MultiSimilarityRecipe  # noqa: E402
from geoloc_ros.training.photos.photo_recipe import PhotoTask, rise_and_fall  # noqa: E402
from geoloc_ros.training.recipe import DescentRecipe  # noqa: E402

MakeTask = Callable[[int], PhotoTask]


def test_multi_similarity_learns_places_of_a_street_that_it_never_saw(make_task: MakeTask, tmp_path: Path) -> None:
    recipe = MultiSimilarityRecipe(make_task(0))
    curve = train(recipe, "", Budget(steps=40), LoopSettings(validations=2), tmp_path).curve
    assert curve[2].loss < curve[1].loss
    assert max(point.validation for point in curve[1:]) > curve[0].validation > 100.0 * 2.0 / 30.0


def test_a_batch_holds_the_photos_of_each_place_in_all_their_conditions(make_task: MakeTask) -> None:
    task = make_task(0)
    examples = MultiSimilarityRecipe(task, places_per_batch=5, photos_per_place=3).examples(7)
    assert examples.answer.tolist() == [number for number in range(5) for _ in range(3)]
    for place in range(5):
        rows = examples.rows[3 * place : 3 * place + 3]
        assert np.ptp(task.training.photos.position_m[rows, 0]) <= 10.0
        assert {task.training.photos.condition[row] for row in rows} == {"day", "night"}
        assert len(set(examples.is_mirrored[3 * place : 3 * place + 3])) == 1


def test_batches_follow_from_seed_and_step_alone(make_task: MakeTask) -> None:
    one, same, other = (MultiSimilarityRecipe(make_task(seed)) for seed in (0, 0, 1))
    one.batch(3)
    assert torch.equal(one.batch(5)[0], same.batch(5)[0])
    assert not torch.equal(one.batch(5)[0], one.batch(6)[0])
    assert not torch.equal(one.batch(5)[0], other.batch(5)[0])


def test_groups_are_visited_in_turn_and_only_their_classifier_learns(make_task: MakeTask) -> None:
    recipe = CosPlaceRecipe(make_task(0), steps_per_group=2, smallest_class=2)
    assert isinstance(recipe, DescentRecipe) and len(recipe.groups) >= 2
    count = len(recipe.groups)
    numbers = [int(recipe.examples(step).answer[0, 1]) for step in range(2 * count + 2)]
    assert numbers == [number for number in range(count) for _ in range(2)] + [0, 0]
    recipe.loss(recipe.batch(2)).backward()
    has_gradient = [each.W.grad is not None for each in recipe.module["classifiers"]]
    assert has_gradient == [number == 1 for number in range(count)]


def test_mistaking_a_class_costs_its_distance_and_the_margin(make_task: MakeTask) -> None:
    recipe = CosPlaceRecipe(make_task(0), smallest_class=2)
    classifier = recipe.module["classifiers"][0]
    with torch.no_grad():
        classifier.W.zero_()
        classifier.W[0, 0] = classifier.W[1, 1] = 1.0
        classifier.W[2, 2:] = 1.0
    descriptor = torch.nn.functional.one_hot(torch.tensor([1]), classifier.W.shape[0]).float()
    # Cosines are 0 with the right class, less the margin of 0.4, and 1 with another one; the scale is 30.
    loss = recipe.place_loss(descriptor, torch.tensor([[0, 0]])).detach()
    assert float(loss) == pytest.approx(30.0 * 1.4, abs=1e-3)


def test_the_rate_rises_to_its_peak_and_falls_to_a_fiftieth() -> None:
    rates = [rise_and_fall(progress) for progress in np.linspace(0.0, 1.0, 1001)]
    assert rates[0] < 0.01 and max(rates) == pytest.approx(1.0, abs=0.01) and rates[-1] == pytest.approx(0.02)
