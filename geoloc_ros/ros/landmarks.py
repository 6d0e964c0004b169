"""The landmarks node: images in, poses of the vehicle in six degrees of freedom out, where a scene was learnt."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from geoloc_ros.core.errors import ConfigError, GeolocError, ObservationError
from geoloc_ros.core.images import color_image
from geoloc_ros.core.node_config import LandmarksNodeConfig
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.finder import LandmarkFinder, load_finder
from geoloc_ros.landmarks.landmark_map import LandmarkMap, SceneOutline
from geoloc_ros.landmarks.scene_finder import SceneAnswer, SceneFinder, VehiclePrior
from geoloc_ros.landmarks.scene_shelf import SceneShelf, list_scenes
from geoloc_ros.landmarks.vehicle_pose import vehicle_pose
from geoloc_ros.msg import MapInfo
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import to_stamp_ns
from geoloc_ros.ros.landmark_messages import to_landmark_markers, to_refined_pose, to_tracked_pose
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.photo_messages import to_origin
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS, ODOMETRY_QOS, SCAN_QOS
from geoloc_ros.ros.recent_poses import RecentPoses
from geoloc_ros.ros.sensors import to_camera
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.tf import TF_STATIC_QOS, StaticTransforms
from geoloc_ros.ros.worker import LatestWorker

_MAP, _NETWORK, _SCENES = "map", "network", "scenes"
# Looked at is the newest image; what waits while one is in work is old.
_QUEUE_LENGTH = 1


@dataclass(frozen=True)
class _Job:
    image: Image | CompressedImage
    info: CameraInfo
    received_s: float


class LandmarksNode(StagedNode[LandmarksNodeConfig]):
    """Looks for the landmarks of the scenes around the vehicle in the newest image of a camera.

    Where the tracker says where the vehicle is, the scenes there are looked for; where it does not, all in turn. Scenes
    that lie somewhere on the earth wait for `map/info`, which says where the map is.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("landmarks", LandmarksNodeConfig, **node_arguments)

    def set_up(self) -> None:
        """Find the scenes and load the first that can be, to see now that there is one."""
        config = self.config
        if not config.landmarks_path:
            raise ConfigError("parameter 'landmarks_path' is empty; set it to a folder of `geoloc train landmarks`")
        scenes = self._placed(list_scenes(Path(config.landmarks_path)))
        self._shelf = SceneShelf(scenes, self._load, config.scenes.memory_mb)
        self.configured.callback(self._shelf.close)
        self._load_one(scenes)
        self._finder = SceneFinder(self._shelf, config.scenes.radius_m, config.scenes.tries, waits=False)
        self._needs_map = any(scene.place is not None and scene.place.origin is not None for scene in scenes)
        self._pose = self.publisher(PoseWithCovarianceStamped, "pose_refined", SCAN_QOS)
        self._markers = self.publisher(MarkerArray, "landmarks/markers", QoSProfile(depth=1))

    def start(self) -> None:
        """Subscribe to camera, tracker and map."""
        self._transforms, self._stamps, self._poses = StaticTransforms(), StampGuard(), RecentPoses()
        self._info: CameraInfo | None = None
        self._last_ns = 0
        self._last_answer = "none yet"
        self._finder.forget()
        self._has_map = not self._needs_map
        if self._needs_map:
            self.health.stand(_MAP, f"nothing came on '{self.resolve_topic_name('map/info')}' yet: start a map server")
        for about in (_MAP, _NETWORK, _SCENES):
            self.activated.callback(self.health.settle, about)
        self._worker = LatestWorker("landmarks", self._process, _QUEUE_LENGTH)
        self.activated.callback(self._worker.close)
        self.activated.callback(BackwardJumps(self, self._forget).close)
        self.subscribe(TFMessage, "/tf_static", self._on_tf_static, TF_STATIC_QOS)
        self.subscribe(MapInfo, "map/info", self._on_map, LATCHED_QOS)
        self.subscribe(Odometry, "odometry/global", self._on_tracked, ODOMETRY_QOS)
        prefix = f"{self.config.camera}/" if self.config.camera else ""
        self.subscribe(CameraInfo, f"{prefix}camera_info", self._on_info, qos_profile_sensor_data)
        image_type, suffix = (CompressedImage, "/compressed") if self.config.compressed else (Image, "")
        self.subscribe(image_type, f"{prefix}image{suffix}", self._on_image, qos_profile_sensor_data)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        held = self._shelf.held
        return {
            "scenes": len(self._shelf.scenes), "scenes in memory": ", ".join(scene.name for scene in held) or "none",
            "landmarks in memory": sum(scene.num_landmarks for scene in held),
            "memory, MB": f"{self._shelf.held_mb:.0f} of {self.config.scenes.memory_mb:.0f}",
            "last image": self._last_answer if self.is_active else "none",
        }

    def _placed(self, scenes: tuple[SceneOutline, ...]) -> tuple[SceneOutline, ...]:
        placed = tuple(scene for scene in scenes if scene.place is not None)
        for scene in scenes:
            if scene.place is None:
                self.get_logger().warning(f"scene '{scene.path}' does not say where it lies on a map, and is left out")
        if not placed:
            raise ConfigError(
                f"no scene in '{self.config.landmarks_path}' says where it lies on a map, which a pose in frame "
                f"'{self.config.map_frame}' needs; put place.json beside its images and train it again"
            )
        return placed

    def _load_one(self, scenes: tuple[SceneOutline, ...]) -> None:
        """Raises what the first one says where none can be loaded; a damaged one is told when it is wanted."""
        first: GeolocError | None = None
        for scene in scenes:
            try:
                self._shelf.fetch(scene)
                return
            except GeolocError as error:
                first = first or error
        if first is not None:
            raise first

    def _load(self, path: Path) -> LandmarkFinder:
        config = self.config
        finder = load_finder(LandmarkMap.load(path), config.voting, config.camera_pose, config.inference)
        # The first image takes longest: engines are made ready for it.
        rng, camera = np.random.default_rng(0), finder.camera
        finder.look(rng.integers(0, 256, (camera.height, camera.width, 3), np.uint8), camera, rng)
        return finder

    def _forget(self) -> None:
        self._stamps.reset()
        self._poses.clear()
        self._finder.forget()
        self._last_ns = 0

    # ---- messages, in the executor's thread

    def _on_tf_static(self, message: TFMessage) -> None:
        try:
            self._transforms.add(message.transforms)
        except ObservationError as error:
            self.health.refuse("transform", error)

    def _on_map(self, message: MapInfo) -> None:
        self._shelf.place_on(to_origin(message))
        self._has_map = True
        self.health.settle(_MAP)

    def _on_tracked(self, message: Odometry) -> None:
        try:
            pose, covariance = to_tracked_pose(message, self.config.map_frame)
        except ObservationError as error:
            self.health.refuse("tracked pose", error)
            return
        self._poses.add(to_stamp_ns(message.header.stamp), pose, covariance)

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _on_image(self, message: Image | CompressedImage) -> None:
        received_s, stamp_ns = time.monotonic(), to_stamp_ns(message.header.stamp)
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.OLD:
            self.health.refuse("stamp", f"{stamp_ns} ns is not newer than the image before")
            return
        if verdict is StampVerdict.RESTARTED:
            self._forget()
        if not self._has_map or stamp_ns - self._last_ns < 1e9 / self.config.max_rate_hz:
            return
        if self._info is None:
            self.health.refuse("camera", "an image, but no camera_info yet")
            return
        self._last_ns = stamp_ns
        if self._worker.submit(_Job(message, self._info, received_s)):
            self.health.count("images dropped")

    # ---- images, in the worker's thread

    def _process(self, job: _Job) -> None:
        header = job.image.header
        stamp_ns = to_stamp_ns(header.stamp)
        try:
            camera = to_camera(job.info, self.config.rectified)
            mount = self._transforms.lookup(self.config.base_frame, header.frame_id)
            answer = self._finder.look(
                color_image(job.image), camera, np.random.default_rng(stamp_ns), self._prior(stamp_ns, mount)
            )
        except ObservationError as error:
            self.health.refuse("image", error)
            return
        except GeolocError as error:
            self.health.stand(_NETWORK, error, DiagnosticStatus.ERROR)
            return
        self.health.settle(_NETWORK)
        if failures := self._shelf.failures:
            self.health.stand(_SCENES, "; ".join(failures.values()))
        self._tell(answer, mount, header)
        self.health.took("image to pose", time.monotonic() - job.received_s)

    def _prior(self, stamp_ns: int, base_from_camera: Pose3) -> VehiclePrior | None:
        tracked = self._poses.at(stamp_ns)
        return None if tracked is None else VehiclePrior(*tracked, base_from_camera)

    def _tell(self, answer: SceneAnswer, mount: Pose3, image_header: Header) -> None:
        scene, sighting = answer.scene, answer.sighting
        map_from_scene = None if scene is None else self._shelf.map_from_scene(scene)
        if scene is None or sighting is None or map_from_scene is None:
            self._last_answer = "no scene near, or none that is in memory yet"
            self.health.count("images without a scene")
            return
        for stage, seconds in sighting.seconds.items():
            self.health.took(stage, seconds)
        header = Header(stamp=image_header.stamp, frame_id=self.config.map_frame)
        pose = answer.pose
        self.health.count("images not found" if pose is None else "poses")
        if pose is None:
            self._last_answer = f"not found in {scene.name}: {answer.reason}"
        else:
            self._last_answer = f"{len(pose.inliers)} of {pose.num_voted} landmarks of {scene.name} agree"
            self._pose.publish(to_refined_pose(vehicle_pose(pose, map_from_scene, mount), header))
        if self._markers.get_subscription_count() > 0:
            landmarks = self._shelf.fetch(scene).landmark_map.landmarks
            self._markers.publish(to_landmark_markers(sighting, landmarks, map_from_scene, header))


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(LandmarksNode)


if __name__ == "__main__":
    sys.exit(main())
