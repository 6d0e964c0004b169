"""The map server node over real DDS."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from action_msgs.msg import GoalStatus  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from visualization_msgs.msg import MarkerArray  # noqa: E402

from geoloc_ros.action import IndexMap  # noqa: E402
from geoloc_ros.localization.place_index import PlaceIndex  # noqa: E402
from geoloc_ros.msg import MapInfo  # noqa: E402
from geoloc_ros.ros.map_server import MapServerNode  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402
from geoloc_ros.srv import LoadMap  # noqa: E402
from geoloc_ros.vpr.photo_index import PhotoIndex  # noqa: E402

from ..vpr.photo_network import write_photo_network  # noqa: E402
from ..vpr.photo_street import write_named_street  # noqa: E402


@pytest.fixture
def server(world: Any, tiny_index: Path) -> MapServerNode:
    node = MapServerNode(parameter_overrides=[Parameter("index_path", value=str(tiny_index))])
    node.trigger_configure()
    node.trigger_activate()
    return world.add(node)


class Indexing:
    """A goal of the action and what comes back."""

    def __init__(self, world: Any, goal: IndexMap.Goal, action: str = "index_map") -> None:
        self.world = world
        self.feedback: list[IndexMap.Feedback] = []
        client = ActionClient(world.node, IndexMap, action)
        assert client.wait_for_server(20.0)
        accepted = client.send_goal_async(goal, lambda message: self.feedback.append(message.feedback))
        world.until(accepted.done)
        self.handle = accepted.result()

    def result(self) -> tuple[int, IndexMap.Result]:
        future = self.handle.get_result_async()
        self.world.until(future.done)
        return future.result().status, future.result().result


def test_whoever_comes_late_gets_the_map_too(world: Any, server: MapServerNode, tiny_index: Path) -> None:
    index = PlaceIndex.load(tiny_index)
    infos, markers = world.hear(MapInfo, "map/info", LATCHED_QOS), world.hear(MarkerArray, "map/markers", LATCHED_QOS)
    world.until(lambda: infos and markers)
    assert (infos[0].index_id, infos[0].encoder_id) == (index.index_id, index.encoder_id)
    assert infos[0].num_buildings == len(index.geomap.buildings) and infos[0].header.frame_id == "map"
    lines = {marker.ns: marker for marker in markers[0].markers}
    assert len(lines["buildings"].points) == 2 * len(index.geomap.buildings.walls().start_m)
    assert len(lines["roads"].points) > 0 and lines["roads"].pose.orientation.w == 1.0


def test_another_map_is_loaded_or_refused_with_the_reason(world: Any, server: MapServerNode, tiny_index: Path) -> None:
    refused = world.call(LoadMap, "map_server/load_map", LoadMap.Request(path="/nowhere"))
    assert not refused.success and "/nowhere" in refused.message
    loaded = world.call(LoadMap, "map_server/load_map", LoadMap.Request(path=str(tiny_index)))
    assert loaded.success and loaded.index_id == PlaceIndex.load(tiny_index).index_id


def test_the_action_makes_an_index_and_tells_how_far_it_is(
    world: Any, server: MapServerNode, tiny_index: Path, tmp_path: Path
) -> None:
    goal = IndexMap.Goal(map_path=str(tiny_index.with_name("tiny.osm")), index_path=str(tmp_path / "new.index"))
    indexing = Indexing(world, goal)
    status, result = indexing.result()
    assert status == GoalStatus.STATUS_SUCCEEDED and result.success
    index = PlaceIndex.load(tmp_path / "new.index")
    assert (result.index_id, result.num_places) == (index.index_id, len(index.places.position_m))
    assert {message.stage for message in indexing.feedback} >= {"reading the map", "writing the index"}
    assert indexing.feedback[-1].progress_ratio == 1.0


def test_photos_are_indexed_in_the_same_way(world: Any, tmp_path: Path) -> None:
    model = write_photo_network(tmp_path / "colours.onnx")
    node = world.add(MapServerNode(parameter_overrides=[Parameter("photo.model", value=str(model))]))
    node.trigger_configure()
    node.trigger_activate()
    source, output = write_named_street(tmp_path, 5), tmp_path / "new.photos"
    indexing = Indexing(world, IndexMap.Goal(map_path=str(source), index_path=str(output)), "index_photos")
    status, result = indexing.result()
    assert status == GoalStatus.STATUS_SUCCEEDED and result.success and result.num_places == 5
    assert result.index_id == PhotoIndex.load(output).index_id
    assert "encoding photos" in {message.stage for message in indexing.feedback}
    goal = IndexMap.Goal(map_path=str(source), index_path=str(output), crop_wsen_deg=[1.0, 2.0, 3.0, 4.0])
    status, result = Indexing(world, goal, "index_photos").result()
    assert status == GoalStatus.STATUS_ABORTED and "crop" in result.message


@pytest.mark.parametrize(
    "spoilt", [{"map_path": "/nowhere.osm"}, {"crop_wsen_deg": [1.0, 2.0]}, {"crop_wsen_deg": [1.0, 1.0, 1.1, 1.1]}]
)
def test_a_goal_that_cannot_be_done_is_aborted_with_the_reason(
    world: Any, server: MapServerNode, tiny_index: Path, tmp_path: Path, spoilt: dict[str, Any]
) -> None:
    goal = IndexMap.Goal(map_path=str(tiny_index.with_name("tiny.osm")), index_path=str(tmp_path / "new.index"))
    for name, value in spoilt.items():
        setattr(goal, name, value)
    status, result = Indexing(world, goal).result()
    assert status == GoalStatus.STATUS_ABORTED and not result.success and result.message
    assert not list(tmp_path.iterdir())


def test_a_cancelled_goal_leaves_nothing_and_the_next_one_works(
    world: Any, server: MapServerNode, tiny_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import geoloc_ros.ros.indexing as indexing_module

    def endless(map_file: Path, index_path: Path, crop: Any, config: Any, progress: Any) -> None:
        while True:
            progress("going round", 0.5)

    goal = IndexMap.Goal(map_path=str(tiny_index.with_name("tiny.osm")), index_path=str(tmp_path / "new.index"))
    with monkeypatch.context() as patch:
        patch.setattr(indexing_module, "index_map", endless)
        indexing = Indexing(world, goal)
        world.until(lambda: indexing.feedback)
        assert not Indexing(world, goal).handle.accepted, "one map at a time"
        indexing.handle.cancel_goal_async()
        status, result = indexing.result()
    assert status == GoalStatus.STATUS_CANCELED and not result.success
    assert not list(tmp_path.iterdir())
    assert Indexing(world, goal).result()[0] == GoalStatus.STATUS_SUCCEEDED


def test_deactivating_ends_a_goal_that_is_worked_on(
    world: Any, server: MapServerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import geoloc_ros.ros.indexing as indexing_module

    left: list[bool] = []

    def endless(map_file: Path, index_path: Path, crop: Any, config: Any, progress: Any) -> None:
        try:
            while True:
                progress("going round", 0.5)
        finally:
            left.append(True)

    monkeypatch.setattr(indexing_module, "index_map", endless)
    indexing = Indexing(world, IndexMap.Goal(map_path="city.osm", index_path=str(tmp_path / "new.index")))
    world.until(lambda: indexing.feedback)
    server.trigger_deactivate()
    assert left == [True]


def test_without_an_index_it_serves_the_action_alone(world: Any, tiny_index: Path, tmp_path: Path) -> None:
    node = world.add(MapServerNode())
    node.trigger_configure()
    node.trigger_activate()
    goal = IndexMap.Goal(map_path=str(tiny_index.with_name("tiny.osm")), index_path=str(tmp_path / "new.index"))
    assert Indexing(world, goal).result()[1].success
