"""The place recognition node over real DDS."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from geoloc_ros.core.camera import Camera  # noqa: E402
from geoloc_ros.core.photo_config import PhotoConfig, SearchConfig  # noqa: E402
from geoloc_ros.index_photos import encode_photos  # noqa: E402
from geoloc_ros.msg import MapInfo, PlaceHypotheses  # noqa: E402
from geoloc_ros.ros.conversions import to_stamp_ns, to_time  # noqa: E402
from geoloc_ros.ros.place_recognition import PlaceRecognitionNode  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402
from geoloc_ros.ros.sensors import to_camera_info, to_image  # noqa: E402
from geoloc_ros.ros.tf import TF_STATIC_QOS  # noqa: E402
from geoloc_ros.vpr.encoder import make_photo_encoder  # noqa: E402
from geoloc_ros.vpr.photo_index import PhotoIndex  # noqa: E402
from geoloc_ros.vpr.photo_table import own_frame  # noqa: E402

from ..vpr.photo_network import write_photo_network  # noqa: E402
from ..vpr.photo_street import ORIGIN, make_street, place_image  # noqa: E402

SECOND = 1_000_000_000
CAMERA = Camera.pinhole(16, 12, np.pi / 2.0)
# Optical frame on a base: z ahead, x right, y down.
FORWARD_XYZW = (-0.5, 0.5, -0.5, 0.5)


@pytest.fixture(scope="module")
def parameters(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Of a node with the photos of a street."""
    folder = tmp_path_factory.mktemp("place_recognition")
    config = PhotoConfig(model=str(write_photo_network(folder / "colours.onnx")))
    encoder = make_photo_encoder(config)
    photos, origin, _ = own_frame(make_street(folder / "photos"))
    _, descriptors, _ = encode_photos(photos, encoder)
    index = PhotoIndex.build(
        photos, origin, descriptors, encoder.encoder_id, {}, SearchConfig(), np.random.default_rng(0)
    )
    index.save(folder / "street.photos")
    return [
        Parameter("photos_path", value=str(folder / "street.photos")), Parameter("photo.model", value=config.model),
        Parameter("max_rate_hz", value=2.0),
    ]


class Stage:
    """An active node, a camera, a map server, and the hypotheses that come of them."""

    def __init__(self, world: Any, parameters: list[Any]) -> None:
        self.world = world
        self.heard: list[PlaceHypotheses] = world.hear(PlaceHypotheses, "photo/hypotheses")
        self._images = world.node.create_publisher(Image, "image", QoSProfile(depth=10))
        self._infos = world.node.create_publisher(CameraInfo, "camera_info", QoSProfile(depth=10))
        self._static = world.node.create_publisher(TFMessage, "/tf_static", TF_STATIC_QOS)
        self._static.publish(TFMessage(transforms=[_mount()]))
        self._maps = world.node.create_publisher(MapInfo, "map/info", LATCHED_QOS)
        self.node = PlaceRecognitionNode(parameter_overrides=parameters)
        assert self.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert self.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        world.add(self.node)
        world.until(lambda: self._images.get_subscription_count() and self._infos.get_subscription_count())
        world.until(lambda: self.node.count_subscribers("photo/hypotheses") and self.node._transforms._parent)
        self.stamp_ns = SECOND

    def serve_map(self) -> None:
        self._maps.publish(MapInfo(
            index_id="a map", origin_latitude_deg=ORIGIN.latitude_deg, origin_longitude_deg=ORIGIN.longitude_deg
        ))
        self.world.until(lambda: self.node._recognizer is not None)

    def show(self, image: np.ndarray, after_ns: int = SECOND) -> None:
        self.stamp_ns += after_ns
        header = Header(stamp=to_time(self.stamp_ns), frame_id="camera_optical")
        self._infos.publish(to_camera_info(CAMERA, header))
        self.world.until(lambda: self.node._info is not None)
        self._images.publish(to_image(image, "rgb8", header))

    def look_up(self, image: np.ndarray) -> PlaceHypotheses:
        before = len(self.heard)
        self.show(image)
        self.world.until(lambda: len(self.heard) > before)
        return self.heard[-1]


def _mount() -> Any:
    from geometry_msgs.msg import Quaternion, TransformStamped

    transform = TransformStamped(header=Header(frame_id="base_link"), child_frame_id="camera_optical")
    x, y, z, w = FORWARD_XYZW
    transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return transform


@pytest.fixture(scope="module")
def stage(shared_world: Any, parameters: list[Any]) -> Stage:
    return Stage(shared_world, parameters)


def test_without_a_map_nothing_is_said_and_diagnostics_tell_why(stage: Stage) -> None:
    stage.show(place_image(3))
    assert "map" in stage.node.health.standing() and not stage.heard
    stage.serve_map()
    assert "map" not in stage.node.health.standing()


def test_an_image_becomes_the_places_of_its_stamp_best_first(stage: Stage) -> None:
    stage.serve_map()
    message = stage.look_up(place_image(7, 4.0, seed=9))
    assert to_stamp_ns(message.header.stamp) == stage.stamp_ns and message.header.frame_id == "map"
    assert (message.method, message.index_id) == ("photo", "a map")
    best = message.hypotheses[0]
    assert best.pose.position.x == pytest.approx(70.0, abs=5.0) and best.pose.orientation.w == pytest.approx(1.0)
    probability = [each.probability for each in message.hypotheses]
    assert probability == sorted(probability, reverse=True) and 0.0 < sum(probability) < 1.0
    distance = [each.distance for each in message.hypotheses]
    assert distance == sorted(distance)


def test_bad_images_are_refused_and_the_next_good_one_looked_up(stage: Stage) -> None:
    stage.serve_map()
    refused = stage.node.health.counted("refused: image")
    stage.show(np.zeros((12, 16, 3), np.uint8))  # one colour: no direction
    stage.world.until(lambda: stage.node.health.counted("refused: image") == refused + 1)
    stage.show(np.zeros((5, 5, 3), np.uint8))
    stage.world.until(lambda: stage.node.health.counted("refused: image") == refused + 2)
    assert stage.look_up(place_image(5)).hypotheses


def test_no_more_images_are_looked_up_than_asked_for(stage: Stage) -> None:
    stage.serve_map()
    stage.look_up(place_image(5))
    before = stage.node.health.counted("images looked up")
    for _ in range(4):
        stage.show(place_image(5), SECOND // 10)
    stage.look_up(place_image(6))
    assert stage.node.health.counted("images looked up") == before + 1


def test_diagnostics_say_what_it_works_with(stage: Stage) -> None:
    values = stage.node.diagnostic_values()
    assert values["photos"] == 80 and "mean colours" in values["encoder"]


@pytest.mark.parametrize(("spoilt", "reason"), [
    ({"photos_path": ""}, "geoloc photos index"), ({"photos_path": "/nowhere"}, "not an artifact"),
    ({"photo.model": "/nowhere.onnx"}, "nowhere.onnx"),
])
def test_what_cannot_work_fails_its_configure_transition(
    shared_world: Any, parameters: list[Any], spoilt: dict[str, str], reason: str
) -> None:
    changed = [*(one for one in parameters if one.name not in spoilt)]
    changed += [Parameter(name, value=value) for name, value in spoilt.items()]
    node = shared_world.add(PlaceRecognitionNode(parameter_overrides=changed))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert reason in node.health.status({}).message


def test_another_network_than_that_of_the_photos_fails_it_too(
    shared_world: Any, parameters: list[Any], tmp_path: Path
) -> None:
    other = Parameter("photo.model", value=str(write_photo_network(tmp_path / "other.onnx", 12, 16)))
    node = shared_world.add(PlaceRecognitionNode(parameter_overrides=[parameters[0], other]))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
