from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.maps.geomap import GeoMap  # noqa: E402
from geoloc_ros.maps.places import build_places  # noqa: E402
from geoloc_ros.maps.raycast import RayCaster  # noqa: E402
from geoloc_ros.training.maps import TrainingCity  # noqa: E402
from geoloc_ros.training.ours_data import OFFSET_M, draw_offsets_m  # noqa: E402
from geoloc_ros.training.ours_recipe import OursRecipe  # noqa: E402


@pytest.fixture
def city(tiny_city: GeoMap) -> TrainingCity:
    places = build_places(tiny_city.roads, 10.0)
    return TrainingCity(tiny_city, RayCaster(tiny_city.buildings.walls()), places.position_m)


def test_a_batch_follows_from_seed_and_step_alone(city: TrainingCity) -> None:
    first, second = (OursRecipe((city,), city, seed=5) for _ in range(2))
    second.batch(41)  # what came before does not matter

    for one, other in zip(first.batch(3), second.batch(3), strict=True):
        torch.testing.assert_close(one, other, rtol=0.0, atol=0.0)


def test_a_few_steps_make_the_network_better(city: TrainingCity) -> None:
    recipe = OursRecipe((city,), city, seed=0)
    optimizer = torch.optim.AdamW(recipe.module.parameters(), lr=2e-3)
    batch = recipe.batch(0)
    before = recipe.loss(batch)
    for _ in range(5):
        optimizer.zero_grad()
        torch.autograd.backward(recipe.loss(batch))
        optimizer.step()

    assert float(recipe.loss(batch).detach()) < 0.9 * float(before.detach())


def test_the_exported_network_goes_on_from_where_it_was(city: TrainingCity, tmp_path: Path) -> None:
    recipe = OursRecipe((city,), city, seed=0)
    for parameter in recipe.module.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    recipe.export(tmp_path / "network.onnx")

    again = OursRecipe((city,), city, seed=1, base=tmp_path / "network.onnx")

    for name, tensor in recipe.module.state_dict().items():
        torch.testing.assert_close(again.module.state_dict()[name], tensor, rtol=0.0, atol=0.0)


def test_vehicles_are_near_their_place_and_never_behind_a_wall(square_room: GeoMap) -> None:
    """Three metres from the eastern wall, looking north."""
    caster = RayCaster(square_room.buildings.walls())
    yaw_rad = np.full(500, np.pi / 2.0)
    mapped = caster.cast(np.column_stack([np.full(500, 7.0), np.zeros(500), yaw_rad]), 360, 100.0)

    offset_m = draw_offsets_m(mapped, yaw_rad, np.random.default_rng(0))

    assert np.abs(offset_m).max() <= OFFSET_M
    assert 2.0 < offset_m[:, 0].max() < 3.0
    assert offset_m[:, 0].min() < -4.5
