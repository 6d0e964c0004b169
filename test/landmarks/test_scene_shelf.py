import gc
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import ArtifactError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.scene_place import ScenePlace
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.landmark_map import LandmarkMap, SceneOutline
from geoloc_ros.landmarks.scene_shelf import SceneShelf, list_scenes, memory_mb

from .landmark_scenes import make_scene, write_mean_network

ORIGIN = GeoOrigin(48.4, 9.98)


def write_scenes(folder: Path, count: int) -> tuple[SceneOutline, ...]:
    """Scenes every 100 m to the east, each learnt from two spots 10 m apart, of the same size."""
    network = write_mean_network(folder / "n.onnx")
    for number in range(count):
        place = ScenePlace(Pose3(np.eye(3), np.array([100.0 * number, 0.0, 0.0])), ORIGIN)
        spots_m = np.array([(0.0, 0.0, 1.5), (10.0, 0.0, 1.5)])
        make_scene(network, f"s{number}", place, spots_m).save(folder / f"s{number}")
    return list_scenes(folder)


class Held:
    """What a shelf holds in a test."""

    def __init__(self, path: Path) -> None:
        self.name = path.name


class Loader:
    """Counts what it loaded and what of it still is in memory; waits for leave."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.alive: weakref.WeakSet[Held] = weakref.WeakSet()
        self.most_alive = 0
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, path: Path) -> Held:
        assert self.may_go.wait(10.0)
        self.loaded.append(path.name)
        held = Held(path)
        self.alive.add(held)
        self.most_alive = max(self.most_alive, len(self.alive))
        return held


def until_ready(shelf: SceneShelf[Held], wanted: tuple[SceneOutline, ...]) -> list[str]:
    while len(found := shelf.ready(wanted)) < len(wanted):
        threading.Event().wait(0.001)
    return [held.name for _, held in found]


def test_scenes_of_a_folder_are_listed_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    write_scenes(tmp_path, 3)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    assert [scene.name for scene in list_scenes(tmp_path)] == ["s0", "s1", "s2"]
    assert [scene.name for scene in list_scenes(tmp_path / "s1")] == ["s1"]


def test_a_folder_without_scenes_tells_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="geoloc train landmarks"):
        list_scenes(tmp_path)


def test_scenes_are_found_by_where_they_were_learnt_from_the_nearest_first(tmp_path: Path) -> None:
    shelf = SceneShelf(write_scenes(tmp_path, 4), Loader(), 1000.0, ORIGIN)
    # 60 is 50 from the last spot of s0 and 40 from the first one of s1.
    assert [scene.name for scene in shelf.around(np.array([60.0, 0.0]), 60.0)] == ["s1", "s0"]
    assert [scene.name for scene in shelf.around(np.array([60.0, 0.0]), 45.0)] == ["s1"]
    assert shelf.around(np.array([60.0, 500.0]), 100.0) == ()


def test_on_another_map_the_same_scene_is_near(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path, 1)
    shelf = SceneShelf(scenes, Loader(), 1000.0, GeoOrigin(48.39, 9.98))
    assert shelf.around(np.array([0.0, 0.0]), 100.0) == ()
    assert shelf.around(np.array([0.0, 1112.0]), 100.0) == scenes
    moved = shelf.map_from_scene(scenes[0])
    assert moved is not None and moved.translation_m[1] == pytest.approx(1112.0, abs=1.0)
    shelf.place_on(ORIGIN)
    assert shelf.around(np.array([0.0, 0.0]), 100.0) == scenes


def test_a_scene_that_nobody_placed_is_nowhere_and_can_be_fetched(tmp_path: Path) -> None:
    make_scene(write_mean_network(tmp_path / "n.onnx")).save(tmp_path / "yard")
    shelf = SceneShelf(list_scenes(tmp_path), LandmarkMap.load, 1000.0)
    assert shelf.around(np.zeros(2), 1e9) == () and shelf.map_from_scene(shelf.scenes[0]) is None
    assert shelf.fetch(shelf.scenes[0]).name == "yard"


def test_asking_never_waits_and_what_was_asked_for_is_ready_later(tmp_path: Path) -> None:
    load = Loader()
    load.may_go.clear()
    shelf = SceneShelf(write_scenes(tmp_path, 2), load, 1000.0)
    assert shelf.ready(shelf.scenes) == () and shelf.held == shelf.scenes
    load.may_go.set()
    assert until_ready(shelf, shelf.scenes) == ["s0", "s1"]
    assert load.loaded == ["s0", "s1"]


def test_memory_is_bounded_over_a_drive_past_many_scenes(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 12), Loader()
    budget_mb = 3.5 * max(map(memory_mb, scenes))
    shelf = SceneShelf(scenes, load, budget_mb)
    for east_m in np.arange(0.0, 1200.0, 50.0):
        until_ready(shelf, shelf.around(np.array([east_m, 0.0]), 60.0))
        gc.collect()
        assert shelf.held_mb <= budget_mb and len(shelf.held) <= 3 and len(load.alive) <= 3
    # One can be on its way in while nobody has let go of the oldest yet.
    assert load.most_alive <= 4
    assert load.loaded == [f"s{number}" for number in range(12)]


def test_who_was_wanted_last_stays_longest(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 4), Loader()
    shelf = SceneShelf(scenes, load, 2.5 * memory_mb(scenes[0]))
    shelf.fetch(scenes[0])
    shelf.fetch(scenes[1])
    shelf.fetch(scenes[0])
    shelf.fetch(scenes[2])
    assert shelf.held == (scenes[0], scenes[2])


def test_of_those_wanted_together_the_most_wanted_stays_longest(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 3), Loader()
    shelf = SceneShelf(scenes, load, 2.5 * memory_mb(scenes[0]))
    until_ready(shelf, (scenes[1], scenes[0]))
    shelf.fetch(scenes[2])
    assert shelf.held == (scenes[1], scenes[2])


def test_of_more_than_fit_the_most_wanted_are_held_and_none_is_loaded_twice(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 4), Loader()
    shelf = SceneShelf(scenes, load, 2.5 * memory_mb(scenes[0]))
    wanted = (scenes[3], scenes[1], scenes[0], scenes[2])
    for _ in range(50):
        found = shelf.ready(wanted)
        threading.Event().wait(0.002)
    assert [held.name for _, held in found] == ["s3", "s1"] and load.loaded == ["s3", "s1"]


def test_what_another_thread_gave_up_meanwhile_is_not_ready(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 2), Loader()
    load.may_go.clear()
    shelf = SceneShelf(scenes, load, 1000.0)
    shelf.ready(scenes)
    assert shelf._held[scenes[1].path].cancel()
    assert shelf.ready(scenes) == () and not shelf.failures
    load.may_go.set()


def test_what_is_being_loaded_is_not_given_up(tmp_path: Path) -> None:
    scenes, load = write_scenes(tmp_path, 2), Loader()
    shelf = SceneShelf(scenes, load, 1.5 * memory_mb(scenes[0]))
    load.may_go.clear()
    shelf.ready(scenes[:1])
    while not shelf._held[scenes[0].path].running():
        threading.Event().wait(0.001)
    assert shelf.ready(scenes[1:]) == () and shelf.held == scenes[:1]
    load.may_go.set()
    assert until_ready(shelf, scenes[1:]) == ["s1"] and shelf.held == scenes[1:]


def test_a_broken_scene_is_told_once_and_does_no_harm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scenes = write_scenes(tmp_path, 2)
    (scenes[0].path / "prototype.npy").write_bytes(b"")
    shelf = SceneShelf(scenes, LandmarkMap.load, 1000.0)
    for _ in range(500):
        if len(found := shelf.ready(scenes)) == 1 and shelf.failures:
            break
        threading.Event().wait(0.002)
    shelf.ready(scenes)
    assert [scene.name for scene, _ in found] == ["s1"] and list(shelf.failures) == [scenes[0].path]
    assert sum("cannot be used" in record.message for record in caplog.records) == 1
    with pytest.raises(ArtifactError, match="damaged"):
        shelf.fetch(scenes[0])


def test_a_scene_that_can_never_fit_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="0.001 MB"):
        SceneShelf(write_scenes(tmp_path, 1), Loader(), 0.001)


def test_closing_lets_everything_go(tmp_path: Path) -> None:
    load = Loader()
    shelf = SceneShelf(write_scenes(tmp_path, 2), load, 1000.0)
    shelf.fetch(shelf.scenes[0])
    shelf.close()
    gc.collect()
    assert not shelf.held and not load.alive
