from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scenes import record_room, room

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.landmarks.landmark_recipe import (  # noqa: E402
    LandmarkModule,
    LandmarkRecipe,
    LandmarkRecipeSettings,
    split_rows,
)
from geoloc_ros.training.landmarks.network import LandmarkMethod, make_network  # noqa: E402
from geoloc_ros.training.landmarks.spec import LandmarkNetworkSpec  # noqa: E402
from geoloc_ros.training.landmarks.training import scene_views  # noqa: E402
from geoloc_ros.training.landmarks.views import LabelledViews  # noqa: E402
from geoloc_ros.training.loop import Budget, LoopSettings, train  # noqa: E402

SPEC = LandmarkNetworkSpec(dimension=8, width_px=96, height_px=64)
METHODS: tuple[LandmarkMethod, ...] = ("prototypes", "random-negatives", "cross-entropy", "coordinates")


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> LabelledViews:
    folder = tmp_path_factory.mktemp("room")
    return scene_views(record_room(folder / "images", 40), room(), 1.0, SPEC, folder / "work")


def make_recipe(views: LabelledViews, method: LandmarkMethod, seed: int = 0) -> LandmarkRecipe:
    module = LandmarkModule(make_network(method, SPEC, seed), len(views.landmarks), seed)
    return LandmarkRecipe(method, module, views, LandmarkRecipeSettings(halving=10.0), seed)


@pytest.mark.parametrize("method", METHODS)
def test_a_scene_is_learned(views: LabelledViews, method: LandmarkMethod, tmp_path: Path) -> None:
    recipe = make_recipe(views, method)
    result = train(recipe, "x", Budget(steps=40), LoopSettings(validations=2), tmp_path)
    assert result.curve[-1].loss < 0.97 * result.curve[1].loss
    assert result.best_validation > result.curve[0].validation


def test_batches_depend_on_seed_and_step_alone(views: LabelledViews) -> None:
    one, same = make_recipe(views, "prototypes").batch(7), make_recipe(views, "cross-entropy").batch(7)
    other = make_recipe(views, "prototypes", seed=1).batch(7)
    assert all(torch.equal(a, b) or bool(torch.isnan(a).any()) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


def test_every_view_is_learned_from_once_each_time_round(views: LabelledViews) -> None:
    recipe = make_recipe(views, "prototypes")
    learned, held_out = split_rows(len(views))
    assert len(held_out) == 4 and not set(learned) & set(held_out)
    per_round = len(learned) // recipe.settings.batch
    seen = [recipe._rows(step) for step in range(per_round)]
    assert sorted(np.concatenate(seen).tolist()) == sorted(learned.tolist())


def test_negatives_come_from_all_prototypes_first_and_from_k_in_the_end(views: LabelledViews) -> None:
    recipe = make_recipe(views, "prototypes")
    assert int(recipe.batch(0)[-1]) == len(views.landmarks)
    assert int(recipe.batch(10)[-1]) == round(len(views.landmarks) / 2)
    assert int(recipe.batch(500)[-1]) == 10


def test_rates_rise_then_fall(views: LabelledViews) -> None:
    recipe = make_recipe(views, "prototypes")
    rates = [recipe.learning_rate(progress) for progress in np.linspace(0.0, 1.0, 101)]
    peak = int(np.argmax(rates))
    assert peak == 3 and rates[0] < 0.1 * rates[peak] and rates[-1] < 1e-8
    assert rates[peak] == pytest.approx(recipe.settings.learning_rate, rel=1e-3)


def test_prototypes_move_at_a_rate_of_their_own(views: LabelledViews) -> None:
    (descent,) = make_recipe(views, "prototypes").descents()
    assert [group["lr"] for group in descent.optimizer.param_groups] == [2e-3, 1e-2]
    assert len(make_recipe(views, "coordinates").descents()[0].optimizer.param_groups) == 1


def test_coordinates_begin_in_the_middle_of_the_scene(views: LabelledViews) -> None:
    network = make_recipe(views, "coordinates").module.network
    low, high = views.landmarks.position_m.min(0), views.landmarks.position_m.max(0)
    np.testing.assert_allclose(network.state_dict()["middle_m"], (low + high) / 2.0, atol=1e-5)
    assert float(network.state_dict()["extent_m"]) == pytest.approx(math.dist(low, high) / 2.0, rel=1e-5)
