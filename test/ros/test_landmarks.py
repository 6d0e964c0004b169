"""The landmarks node over real DDS, with images that say themselves what they show."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import (  # noqa: E402
    PoseWithCovarianceStamped,
    Quaternion,
    TransformStamped,
    Vector3,
)
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402
from visualization_msgs.msg import MarkerArray  # noqa: E402

from geoloc_ros.core.geodesy import GeoOrigin  # noqa: E402
from geoloc_ros.core.geometry import quaternion_from_rotation, rotation_from_quaternion  # noqa: E402
from geoloc_ros.core.scene_place import ScenePlace  # noqa: E402
from geoloc_ros.core.types import Pose2, Pose3  # noqa: E402
from geoloc_ros.msg import MapInfo  # noqa: E402
from geoloc_ros.ros.conversions import to_odometry_msg, to_stamp_ns, to_time  # noqa: E402
from geoloc_ros.ros.landmarks import LandmarksNode  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402
from geoloc_ros.ros.sensors import to_camera_info, to_image  # noqa: E402
from geoloc_ros.ros.tf import TF_STATIC_QOS  # noqa: E402

from ..landmarks.painted_scene import CAMERA, painted, write_painted_scene  # noqa: E402
from ..landmarks.voted_scenes import differ, standing  # noqa: E402

SECOND = 1_000_000_000
ORIGIN = GeoOrigin(52.5, 13.4, 34.0)
# The scene is in the optical frame of a camera that looks north, 1.5 m above the ground at (200, 100).
MAP_FROM_SCENE = Pose3(
    np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]), np.array([200.0, 100.0, 1.5])
)
# Optical frame on a base: z ahead, x right, y down; 2 m before the base and 1.5 m up.
MOUNT = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.array([2.0, 0.0, 1.5]))
ORIGIN_POSE = Pose3(np.eye(3), np.zeros(3))


def parameters_of(folder: Path) -> list[Any]:
    return [Parameter("landmarks_path", value=str(folder)), Parameter("max_rate_hz", value=2.0)]


@pytest.fixture(scope="module")
def parameters(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Of a node with two scenes, of which one lies far away, and a third one that lies nowhere."""
    folder = tmp_path_factory.mktemp("landmarks")
    write_painted_scene(folder, ScenePlace(MAP_FROM_SCENE, ORIGIN), "wall")
    far = Pose3(MAP_FROM_SCENE.rotation, MAP_FROM_SCENE.translation_m + [5000.0, 0.0, 0.0])
    write_painted_scene(folder, ScenePlace(far, ORIGIN), "another wall")
    write_painted_scene(folder, None, "nowhere")
    return parameters_of(folder)


class Stage:
    """An active node, a camera on a vehicle, its tracker, and what comes of them."""

    def __init__(self, world: Any, parameters: list[Any]) -> None:
        self.world = world
        self.heard: list[PoseWithCovarianceStamped] = world.hear(PoseWithCovarianceStamped, "pose_refined")
        publish = world.node.create_publisher
        self._images, self._infos = (publish(Image, "image", QoSProfile(depth=10)),
                                     publish(CameraInfo, "camera_info", QoSProfile(depth=10)))  # fmt: skip
        self._tracked = publish(Odometry, "odometry/global", QoSProfile(depth=10))
        self._maps = publish(MapInfo, "map/info", LATCHED_QOS)
        self._static = publish(TFMessage, "/tf_static", TF_STATIC_QOS)
        self._static.publish(TFMessage(transforms=[mount_message()]))
        self.node = LandmarksNode(parameter_overrides=parameters)
        assert self.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert self.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        world.add(self.node)
        publishers = (self._images, self._infos, self._tracked)
        world.until(lambda: all(publisher.get_subscription_count() for publisher in publishers))
        world.until(lambda: self.node.count_subscribers("pose_refined") and self.node._transforms._parent)
        self.stamp_ns = SECOND
        self._tracked_at: Pose2 | None = None

    def serve_map(self) -> None:
        self._maps.publish(MapInfo(
            index_id="a map", origin_latitude_deg=ORIGIN.latitude_deg, origin_longitude_deg=ORIGIN.longitude_deg,
            origin_height_m=ORIGIN.height_m,
        ))  # fmt: skip
        self.world.until(lambda: self.node._has_map)

    def track(self, pose: Pose2, frame: str = "map") -> None:
        """The tracker says, until the node has heard it, where the vehicle is when the next image is taken."""
        header = Header(stamp=to_time(self.stamp_ns + SECOND), frame_id=frame)
        self._tracked_at = pose if frame == "map" else None
        message = to_odometry_msg(pose, 0.25 * np.eye(3), Odometry(child_frame_id="base_link"), header)
        health, poses = self.node.health, self.node._poses
        before = len(poses._poses), health.counted("refused: tracked pose")
        send_until(
            lambda: self._tracked.publish(message),
            lambda: (len(poses._poses), health.counted("refused: tracked pose")) != before,
        )

    def forget(self) -> None:
        """There is no tracker."""
        self._tracked_at = None
        self.node._poses.clear()

    def show(self, image: np.ndarray, after_ns: int = SECOND, frame: str = "camera_optical") -> None:
        self.stamp_ns += after_ns
        header = Header(stamp=to_time(self.stamp_ns), frame_id=frame)
        self._infos.publish(to_camera_info(CAMERA, header))
        self.world.until(lambda: self.node._info is not None)
        self._images.publish(to_image(image, "rgb8", header))

    def count_after(self, what: str, image: np.ndarray, frame: str = "camera_optical") -> None:
        """Show an image and wait until it was counted."""
        before = self.node.health.counted(what)
        send_until(lambda: self.show(image, frame=frame), lambda: self.node.health.counted(what) > before)

    def find(self, image: np.ndarray) -> PoseWithCovarianceStamped:
        """What is said of an image, once its scene is loaded."""
        send_until(lambda: self._show_tracked(image), self._of_this_image)
        return self._of_this_image()[-1]

    def _show_tracked(self, image: np.ndarray) -> None:
        if self._tracked_at is not None:
            self.track(self._tracked_at)
        self.show(image)

    def _of_this_image(self) -> list[PoseWithCovarianceStamped]:
        return [message for message in self.heard if to_stamp_ns(message.header.stamp) == self.stamp_ns]


def send_until(send: Callable[[], Any], is_done: Callable[[], Any]) -> None:
    """Again every second: what is sent may get lost on a busy machine, and scenes are loaded beside."""
    for _ in range(30):
        send()
        deadline_s = time.monotonic() + 1.0
        while time.monotonic() < deadline_s:
            if is_done():
                return
            time.sleep(0.005)
    raise AssertionError("sent in vain")


def mount_message() -> TransformStamped:
    transform = TransformStamped(header=Header(frame_id="base_link"), child_frame_id="camera_optical")
    x, y, z, w = map(float, quaternion_from_rotation(MOUNT.rotation))
    transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    x, y, z = map(float, MOUNT.translation_m)
    transform.transform.translation = Vector3(x=x, y=y, z=z)
    return transform


def to_pose3(message: PoseWithCovarianceStamped) -> Pose3:
    at, q = message.pose.pose.position, message.pose.pose.orientation
    return Pose3(rotation_from_quaternion(np.array([q.x, q.y, q.z, q.w])), np.array([at.x, at.y, at.z]))


@pytest.fixture(scope="module")
def stage(shared_world: Any, parameters: list[Any]) -> Stage:
    return Stage(shared_world, parameters)


def test_scenes_on_the_earth_wait_for_the_map_and_diagnostics_tell_why(stage: Stage) -> None:
    stage.show(painted(ORIGIN_POSE))
    assert "map" in stage.node.health.standing() and not stage.heard
    stage.serve_map()
    assert "map" not in stage.node.health.standing()


def test_an_image_becomes_the_pose_of_the_base_on_the_map_at_its_stamp(stage: Stage) -> None:
    stage.serve_map()
    for seed in range(3):
        scene_from_camera = standing(np.random.default_rng(seed))
        truth = MAP_FROM_SCENE @ scene_from_camera @ MOUNT.inverse()
        stage.track(Pose2(200.5, 97.0, np.pi / 2.0))
        message = stage.find(painted(scene_from_camera))
        assert to_stamp_ns(message.header.stamp) == stage.stamp_ns and message.header.frame_id == "map"
        metres, radians = differ(to_pose3(message), truth)
        assert metres < 0.05 and radians < 0.02
        covariance = np.array(message.pose.covariance).reshape(6, 6)
        assert np.linalg.eigvalsh(covariance)[0] > 0.0 and np.sqrt(covariance[2, 2]) < 0.1
        # The base is 2 m behind the camera: a turn to the left about that swings it to the east.
        assert covariance[0, 5] > 0.0


def test_without_a_tracker_the_scene_is_found_all_the_same(stage: Stage) -> None:
    stage.serve_map()
    stage.forget()
    message = stage.find(painted(ORIGIN_POSE))
    assert message.pose.pose.position.y == pytest.approx(98.0, abs=0.05)
    assert message.pose.pose.position.z == pytest.approx(0.0, abs=0.05)


def test_where_the_tracker_says_that_no_scene_is_near_none_is_looked_for(stage: Stage) -> None:
    stage.serve_map()
    stage.track(Pose2(-900.0, 0.0, 0.0))
    stage.count_after("images without a scene", painted(ORIGIN_POSE))


def test_what_is_no_scene_is_not_found_and_diagnostics_say_why(stage: Stage) -> None:
    stage.serve_map()
    stage.track(Pose2(200.0, 98.0, np.pi / 2.0))
    noise = np.random.default_rng(0).integers(0, 256, (CAMERA.height, CAMERA.width, 3), np.uint8)
    stage.count_after("images not found", noise)
    assert "not found in wall" in stage.node.diagnostic_values()["last image"]


def test_bad_frames_are_refused_and_the_next_good_one_is_found(stage: Stage) -> None:
    stage.serve_map()
    stage.track(Pose2(200.0, 98.0, np.pi / 2.0))
    stage.count_after("refused: image", np.zeros((5, 5, 3), np.uint8))
    stage.count_after("refused: image", painted(ORIGIN_POSE), frame="no_such_frame")
    stage.find(painted(ORIGIN_POSE))
    stage.show(painted(ORIGIN_POSE), after_ns=-SECOND // 2)
    stage.world.until(lambda: stage.node.health.counted("refused: stamp"))
    stage.stamp_ns += SECOND
    stage.find(painted(ORIGIN_POSE))


def test_a_tracker_in_another_frame_is_refused(stage: Stage) -> None:
    before = stage.node.health.counted("refused: tracked pose")
    stage.track(Pose2(0.0, 0.0, 0.0), frame="odom")
    assert stage.node.health.counted("refused: tracked pose") > before


def test_markers_are_made_for_who_listens(stage: Stage) -> None:
    stage.serve_map()
    heard: list[MarkerArray] = stage.world.hear(MarkerArray, "landmarks/markers")
    stage.world.until(lambda: stage.node._markers.get_subscription_count() > 0)
    stage.track(Pose2(200.0, 98.0, np.pi / 2.0))
    stage.find(painted(ORIGIN_POSE))
    stage.world.until(lambda: heard)
    agree, others = heard[-1].markers
    assert len(agree.points) > 20 and len(others.points) < len(agree.points)
    assert all(abs(point.y - 103.0) < 0.7 for point in agree.points)


def test_diagnostics_tell_scenes_memory_and_latencies(stage: Stage) -> None:
    stage.serve_map()
    stage.track(Pose2(200.0, 98.0, np.pi / 2.0))
    stage.find(painted(ORIGIN_POSE))
    values = stage.node.diagnostic_values()
    assert values["scenes"] == 2 and "wall" in values["scenes in memory"] and values["landmarks in memory"] >= 80
    shown = {value.key for value in stage.node.health.status({}).values}
    assert {"image to pose latency", "network latency", "voting latency", "pose latency", "poses"} <= shown


@pytest.mark.parametrize(("spoilt", "reason"), [
    ("", "geoloc train landmarks"), ("/nowhere", "no scene in"),
])
def test_what_cannot_work_fails_its_configure_transition(shared_world: Any, spoilt: str, reason: str) -> None:
    node = shared_world.add(LandmarksNode(parameter_overrides=[Parameter("landmarks_path", value=spoilt)]))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert reason in node.health.status({}).message


def test_scenes_that_lie_nowhere_fail_it_too(shared_world: Any, tmp_path: Path) -> None:
    write_painted_scene(tmp_path, None)
    node = shared_world.add(LandmarksNode(parameter_overrides=parameters_of(tmp_path)))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "place.json" in node.health.status({}).message


def spoil(scene: Path) -> None:
    file = scene / "prototype.npy"
    file.write_bytes(file.read_bytes()[:-1])


def test_a_damaged_scene_leaves_the_others(shared_world: Any, tmp_path: Path) -> None:
    spoil(write_painted_scene(tmp_path, ScenePlace(MAP_FROM_SCENE, ORIGIN), "a wall"))
    write_painted_scene(tmp_path, ScenePlace(MAP_FROM_SCENE, ORIGIN), "wall")
    node = shared_world.add(LandmarksNode(parameter_overrides=parameters_of(tmp_path)))
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.diagnostic_values()["scenes in memory"] == "wall"


def test_damaged_scenes_alone_fail_its_configure_transition(shared_world: Any, tmp_path: Path) -> None:
    for name in ("a wall", "wall"):
        spoil(write_painted_scene(tmp_path, ScenePlace(MAP_FROM_SCENE, ORIGIN), name))
    node = shared_world.add(LandmarksNode(parameter_overrides=parameters_of(tmp_path)))
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert "a wall/prototype.npy' is missing or damaged" in node.health.status({}).message
