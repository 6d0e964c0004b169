"""The localizer node: descriptors and odometry in, pose, belief and map -> odom out."""

from __future__ import annotations

import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import NavSatFix
from std_srvs.srv import Empty, Trigger

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError, GeolocError, IndexMismatchError, ObservationError
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import MapInfo
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import (
    to_fix_position,
    to_initial_pose,
    to_observation,
    to_odometry_pose,
    to_stamp_ns,
)
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS, ODOMETRY_QOS, SCAN_QOS
from geoloc_ros.ros.speaker import EstimateSpeaker, LocalizedFrame
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.worker import LatestWorker
from geoloc_ros.srv import LoadMap, SetInitialPose

# Scans that odometry has not reached yet; odometry that lags by more than these has broken off.
_MAX_WAITING = 5


class LocalizerNode(StagedNode[LocalizerNodeConfig]):
    """Gives every scan the odometry of its stamp, and both to the Localizer."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("localizer", LocalizerNodeConfig, **node_arguments)
        self._lock = threading.Lock()
        """Held while the localizer or its index is used."""
        self._stamps = StampGuard()

    def set_up(self) -> None:
        """Load the index."""
        if not self.config.index_path:
            raise ConfigError("parameter 'index_path' is empty; set it to an index folder made with `geoloc index`")
        self._load(Path(self.config.index_path))
        self._speaker = EstimateSpeaker(self, self.publisher)

    def start(self) -> None:
        """Subscribe to scans and odometry, offer the services."""
        self._mismatches: dict[str, str] = {}
        self._map_on_display = ""
        self._odometry = OdometryBuffer(self.config.odometry_buffer_s)
        self._last_odometry = Odometry()
        self._waiting: deque[SemanticScanMsg] = deque()
        self._last_frame: LocalizedFrame | None = None
        self._fix_is_used = False
        self._reset("waiting for the first scan")
        self._worker = LatestWorker("localizer", self._process, self.config.queue_length)
        self.activated.callback(self._worker.close)
        self.activated.callback(BackwardJumps(self, self._on_jump).close)
        self.subscribe(MapInfo, "map/info", self._on_map_info, LATCHED_QOS)
        self.subscribe(Odometry, "odom", self._on_odometry, ODOMETRY_QOS)
        self.subscribe(SemanticScanMsg, "scan", self._on_scan, SCAN_QOS)
        self.subscribe(PoseWithCovarianceStamped, "initialpose", self._on_initial_pose, QoSProfile(depth=1))
        if self.config.use_fix:
            self.subscribe(NavSatFix, "fix", self._on_fix, qos_profile_sensor_data)
        self.service(Empty, "reinitialize_global_localization", self._on_reinitialize)
        self.service(Trigger, "trigger_localization", self._on_trigger)
        self.service(LoadMap, "load_map", self._on_load_map)
        self.service(SetInitialPose, "set_initial_pose", self._on_set_initial_pose)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        source = self._index.geomap.source
        return {
            "index id": self._index.index_id, "encoder id": self._index.encoder_id, "map": source.name,
            "map date": source.date, "state": self._speaker.status.name,
        }

    def _load(self, path: Path) -> None:
        index = PlaceIndex.load(path)
        config = Config(
            index=self.config.index, motion=self.config.motion, tracker=self.config.tracker, align=self.config.align,
            localizer=self.config.localizer,
        )
        localizer = Localizer(index, config)
        # Load now what the first frame would wait for: kernels, the pages of the index, the projection.
        localizer.warm_up()
        index.geomap.origin.to_geodetic(np.zeros(2))
        with self._lock:
            self._index, self._localizer = index, localizer

    # ---- frames

    def _on_odometry(self, message: Odometry) -> None:
        try:
            self._odometry.append(to_odometry_pose(message))
        except ObservationError as error:
            self.health.refuse("odometry", error)
            return
        self._last_odometry = message
        self._submit_waiting()

    def _on_scan(self, message: SemanticScanMsg) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        if not self._agrees("encoder", message.encoder_id, self._index.encoder_id):
            return
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.OLD:
            self.health.refuse("stamp", f"{stamp_ns} ns is not newer than the scan before")
            return
        if verdict is StampVerdict.RESTARTED:
            self._on_jump()
        self._waiting.append(message)
        if len(self._waiting) > _MAX_WAITING:
            given_up_ns = to_stamp_ns(self._waiting.popleft().header.stamp)
            self.health.refuse("no odometry", f"none of stamp {given_up_ns} ns or later came in time")
        self._submit_waiting()

    def _submit_waiting(self) -> None:
        while self._waiting and self._odometry.reaches(to_stamp_ns(self._waiting[0].header.stamp)):
            self._submit(self._waiting.popleft())

    def _submit(self, message: SemanticScanMsg) -> None:
        try:
            odometry = self._odometry.at(to_stamp_ns(message.header.stamp))
            frame = LocalizedFrame(to_observation(message, odometry), message.header.stamp, self._last_odometry)
        except ObservationError as error:
            self.health.refuse("scan", error)
            return
        if self._mismatches:
            self.health.refuse("mismatch", "; ".join(self._mismatches.values()))
        elif self._worker.submit(frame):
            self.health.count("frames dropped")

    def _process(self, frame: LocalizedFrame) -> None:
        try:
            with self._lock, self.health.timed("update"):
                estimate = self._localizer.update(frame.observation)
                belief = self._localizer.belief if self._speaker.somebody_watches_the_belief() else None
                index = self._index
        except (ObservationError, IndexMismatchError) as error:
            self.health.refuse("scan", error)
            return
        with self.health.timed("publish"):
            self._speaker.publish(estimate, frame, index, belief, self.config)
        self._last_frame = frame
        self.health.count("frames processed")

    # ---- what belongs together

    def _on_map_info(self, message: MapInfo) -> None:
        self._map_on_display = message.index_id
        self._agrees("map", message.index_id, self._index.index_id)

    def _agrees(self, what: str, theirs: str, ours: str) -> bool:
        if theirs == ours:
            if self._mismatches.pop(what, None) is not None and not self._mismatches:
                self.health.recover()
                self._reset(f"{what} agrees again")
            return True
        source, way_out = {
            "map": ("the map server shows index", "give both the same index"),
            "encoder": (
                "scans come from encoder",
                "set descriptor.* (and scan.*) of perception as the index was made, "
                f"{self._index.descriptor_settings}, or build it again",
            ),
        }[what]
        text = f"{source} '{theirs}', this localizer works with '{ours}'; {way_out}"
        self.health.fail(text)
        if self._mismatches.get(what) != text:
            self._mismatches[what] = text
            self._speaker.say_no_pose(LocalizationStatus.UNKNOWN, text, self._index.index_id, self.config)
        return False

    # ---- starting anew

    def _reset(self, why: str) -> None:
        with self._lock:
            self._localizer.reset()
        self._stamps.reset()
        self._speaker.clear_path()
        self._speaker.say_no_pose(LocalizationStatus.UNINITIALIZED, why, self._index.index_id, self.config)

    def _on_jump(self) -> None:
        self._odometry.clear()
        self._waiting.clear()
        self._reset("time went back")

    def _on_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        try:
            self._set_initial_pose(message)
        except ObservationError as error:
            self.health.refuse("initial pose", error)

    def _set_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        pose, covariance = to_initial_pose(message, self.config.map_frame)
        with self._lock:
            self._localizer.set_initial_pose(pose, covariance)
        self.get_logger().info(f"starting from ({pose.x_m:.1f}, {pose.y_m:.1f}) m as told")

    def _on_fix(self, message: NavSatFix) -> None:
        if self._fix_is_used:
            return
        try:
            pose, covariance = to_fix_position(message, self._index.geomap.origin)
        except ObservationError as error:
            self.health.refuse("fix", error)
            return
        with self._lock:
            self._localizer.set_initial_pose(pose, covariance)
        self._fix_is_used = True

    # ---- services

    def _on_reinitialize(self, request: Empty.Request, response: Empty.Response) -> Empty.Response:
        self._reset("asked to search everywhere")
        return response

    def _on_trigger(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        frame = self._last_frame
        self._reset("asked to localize anew")
        response.success = frame is not None
        response.message = "localizing anew from the last frame" if frame is not None else "no frame has come yet"
        if frame is not None:
            self._worker.submit(frame)
        return response

    def _on_set_initial_pose(
        self, request: SetInitialPose.Request, response: SetInitialPose.Response
    ) -> SetInitialPose.Response:
        try:
            self._set_initial_pose(request.pose)
        except ObservationError as error:
            response.success, response.message = False, str(error)
            return response
        response.success, response.message = True, "starting from this pose"
        return response

    def _on_load_map(self, request: LoadMap.Request, response: LoadMap.Response) -> LoadMap.Response:
        try:
            self._load(Path(request.path))
        except GeolocError as error:
            response.success, response.message = False, str(error)
            return response
        self._reset("another map was loaded")
        if self._map_on_display:
            self._agrees("map", self._map_on_display, self._index.index_id)
        response.success, response.message, response.index_id = True, "loaded", self._index.index_id
        return response


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(LocalizerNode)


if __name__ == "__main__":
    sys.exit(main())
