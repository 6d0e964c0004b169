"""The localizer node: descriptors and odometry in, pose, belief and map -> odom out."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import Any

from geometry_msgs.msg import TwistWithCovarianceStamped
from nav_msgs.msg import Odometry
from std_srvs.srv import Empty, Trigger

from geoloc_ros.core.errors import GeolocError, IndexMismatchError, ObservationError
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.odometry import OdometryBuffer
from geoloc_ros.core.types import LocalizationStatus, Observation, PoseEstimate
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.msg import MapInfo
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.carrier import PoseCarrier
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import to_observation, to_odometry_pose, to_stamp_ns
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.outside import OutsideWord
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS, ODOMETRY_QOS, SCAN_QOS
from geoloc_ros.ros.shared_localizer import SharedLocalizer
from geoloc_ros.ros.speaker import FIX_STATES, EstimateSpeaker, LocalizedFrame
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.twist_odometry import TwistOdometry
from geoloc_ros.ros.way import DrivenWay
from geoloc_ros.ros.worker import LatestWorker
from geoloc_ros.srv import LoadMap

# Scans that odometry has not reached yet; odometry that lags by more than these has broken off.
_MAX_WAITING = 5


class LocalizerNode(StagedNode[LocalizerNodeConfig]):
    """Gives every scan the odometry of its stamp, and both to the Localizer."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("localizer", LocalizerNodeConfig, **node_arguments)
        self._stamps = StampGuard()

    def set_up(self) -> None:
        """Load the index."""
        self._shared = SharedLocalizer(self.config)
        self._carrier = PoseCarrier(self.publisher)
        self._speaker = EstimateSpeaker(self, self.publisher)
        self.parameters.on_change = lambda config: self._shared.configure(config.localizer)

    def start(self) -> None:
        """Subscribe to scans and odometry, offer the services."""
        self._mismatches: dict[str, str] = {}
        self._map_on_display = ""
        self._odometry = OdometryBuffer(self.config.odometry_buffer_s)
        self._twist_odometry = TwistOdometry(self.config.odom_frame)
        self._way = DrivenWay()
        self._waiting: deque[SemanticScanMsg] = deque()
        self._last_frame: LocalizedFrame | None = None
        self._reset("waiting for the first scan")
        self._worker = LatestWorker("localizer", self._process, self.config.queue_length)
        self.activated.callback(self._worker.close)
        self._outside = OutsideWord(self, self._shared, self._odometry, self._carrier.drop)
        self.activated.callback(BackwardJumps(self, self._on_jump).close)
        self.subscribe(MapInfo, "map/info", self._on_map_info, LATCHED_QOS)
        if self.config.odometry_source == "odom":
            self.subscribe(Odometry, "odom", self._on_odometry, ODOMETRY_QOS)
        else:
            self.subscribe(TwistWithCovarianceStamped, "twist", self._on_twist, ODOMETRY_QOS)
        self.subscribe(SemanticScanMsg, "scan", self._on_scan, SCAN_QOS)
        self.service(Empty, "reinitialize_global_localization", self._on_reinitialize)
        self.service(Trigger, "trigger_localization", self._on_trigger)
        self.service(LoadMap, "load_map", self._on_load_map)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        index = self._shared.index
        source = index.geomap.source
        return {
            "index id": index.index_id, "encoder id": index.encoder_id, "map": source.name, "map date": source.date,
            "state": self._speaker.status.name, **self._speaker.values,
        }

    # ---- frames

    def _on_odometry(self, message: Odometry) -> None:
        try:
            odometry = to_odometry_pose(message)
            self._odometry.append(odometry)
            self._way.add(odometry)
        except ObservationError as error:
            self.health.refuse("odometry", error)
            return
        try:
            self._carrier.carry(message, odometry, self.config)
        except ObservationError as error:
            self._say_no_pose(LocalizationStatus.LOST, str(error))
        self._outside.catch_up()
        self._submit_waiting()

    def _on_twist(self, message: TwistWithCovarianceStamped) -> None:
        try:
            odometry = self._twist_odometry.add(message)
        except ObservationError as error:
            self.health.refuse("twist", error)
            return
        self._on_odometry(odometry)

    def _on_scan(self, message: SemanticScanMsg) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        if not self._agrees("encoder", message.encoder_id, self._shared.index.encoder_id):
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
            frame = LocalizedFrame(to_observation(message, odometry), message.header.stamp)
        except ObservationError as error:
            self.health.refuse("scan", error)
            return
        if self._mismatches:
            self.health.refuse("mismatch", "; ".join(self._mismatches.values()))
        elif self._worker.submit(frame):
            self.health.count("frames dropped")

    def _process(self, frame: LocalizedFrame) -> None:
        # One piece: what a service says in between must not be overtaken by an estimate from before it.
        with self._shared.use() as localizer:
            try:
                with self.health.timed("update"):
                    self._drive_on(localizer, frame.observation)
                    estimate = localizer.update(frame.observation)
            except (ObservationError, IndexMismatchError) as error:
                self.health.refuse("scan", error)
                return
            with self.health.timed("publish"):
                self._publish(estimate, localizer, frame)
        self._last_frame = frame
        self.health.count("frames processed")

    def _drive_on(self, localizer: Localizer, observation: Observation) -> None:
        """Along the way since the last frame, if that is long ago: a camera has paused, or the machine was busy."""
        # The way to the first frame is nobody's: taken now, it does not come after that frame.
        last = observation if self._last_frame is None else self._last_frame.observation
        for point in self._way.take(last.odometry, observation.stamp_ns):
            localizer.move(point.stamp_ns, point.pose)

    def _publish(self, estimate: PoseEstimate, localizer: Localizer, frame: LocalizedFrame) -> None:
        if estimate.status in FIX_STATES:
            self._carrier.hold(estimate, frame.observation.odometry, self.config)
        else:
            self._carrier.drop()
        belief = localizer.belief if self._speaker.somebody_watches_the_belief() else None
        self._speaker.publish(estimate, localizer.health, frame, self._shared.index, belief, self.config)

    # ---- what belongs together

    def _on_map_info(self, message: MapInfo) -> None:
        self._map_on_display = message.index_id
        self._agrees("map", message.index_id, self._shared.index.index_id)

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
                f"{self._shared.index.descriptor_settings}, or build it again",
            ),
        }[what]
        text = f"{source} '{theirs}', this localizer works with '{ours}'; {way_out}"
        self.health.fail(text)
        if self._mismatches.get(what) != text:
            self._mismatches[what] = text
            self._carrier.drop()
            self._say_no_pose(LocalizationStatus.UNKNOWN, text)
        return False

    # ---- starting anew

    def _reset(self, why: str) -> None:
        self._stamps.reset()
        with self._shared.use() as localizer:
            localizer.reset()
            self._carrier.clear()
            self._speaker.clear_path()
            self._say_no_pose(LocalizationStatus.UNINITIALIZED, why)

    def _say_no_pose(self, status: LocalizationStatus, why: str) -> None:
        self._speaker.say_no_pose(status, why, self._shared.index.index_id, self.config)

    def _on_jump(self) -> None:
        self._odometry.clear()
        self._way.clear()
        self._twist_odometry.clear()
        self._waiting.clear()
        self._outside.start_anew()
        self._reset("time went back")

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

    def _on_load_map(self, request: LoadMap.Request, response: LoadMap.Response) -> LoadMap.Response:
        try:
            self._shared.load(Path(request.path), self.config)
        except GeolocError as error:
            response.success, response.message = False, str(error)
            return response
        self._outside.start_anew()
        self._reset("another map was loaded")
        if self._map_on_display:
            self._agrees("map", self._map_on_display, self._shared.index.index_id)
        response.success, response.message, response.index_id = True, "loaded", self._shared.index.index_id
        return response


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(LocalizerNode)


if __name__ == "__main__":
    sys.exit(main())
