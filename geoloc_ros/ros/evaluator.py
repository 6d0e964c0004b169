"""The evaluator node: beside a replay, says how far off the localizer is, and writes what `geoloc evaluate` writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.qos import QoSProfile
from std_msgs.msg import Float64 as Float64Msg
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from geoloc_ros.core.errors import ConfigError, ObservationError
from geoloc_ros.core.node_config import EvaluatorNodeConfig
from geoloc_ros.core.types import LocalizationStatus, Pose2
from geoloc_ros.evaluate import PAGE_FILE
from geoloc_ros.evaluation.condition_figures import condition_figures, figure_text
from geoloc_ros.evaluation.evaluation_files import RESULTS_FILE, Evaluation, write_drive, write_results
from geoloc_ros.evaluation.evaluation_page.page import write_evaluation_page
from geoloc_ros.evaluation.judged import Condition, JudgedDrive
from geoloc_ros.evaluation.live_judge import LiveJudge
from geoloc_ros.evaluation.live_sight import LiveSight
from geoloc_ros.evaluation.map_diff import MapDiff
from geoloc_ros.evaluation.map_diff_files import DIFFERENCES_FILE, map_differences, write_geojson
from geoloc_ros.evaluation.map_evidence import SeenDrive
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import LocalizationState
from geoloc_ros.msg import SemanticScan as SemanticScanMsg
from geoloc_ros.ros.clock import BackwardJumps
from geoloc_ros.ros.conversions import PLANAR, to_observation, to_pose2, to_stamp_ns
from geoloc_ros.ros.difference_markers import to_difference_markers
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS, ODOMETRY_QOS, SCAN_QOS
from geoloc_ros.ros.stamps import StampGuard, StampVerdict
from geoloc_ros.ros.worker import LatestWorker

_STATE_QOS = QoSProfile(depth=100)
_ERROR_QOS = QoSProfile(depth=10)
_CONDITION = "live"
_TOLD = ("found", "first_fix_m", "availability", "median_error_m", "median_heading_error_deg", "false_fix_rate",
         "ellipse95_coverage", "nees_mean", "nees_median", "nees3_median")  # fmt: skip


class EvaluatorNode(StagedNode[EvaluatorNodeConfig]):
    """Lays every fix beside /ground_truth. A drive ends where time or truth go back to an earlier stamp."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("evaluator", EvaluatorNodeConfig, **node_arguments)

    def set_up(self) -> None:
        """Make sure that results can be written, and load the map that is to be judged."""
        if self.config.output_folder:
            try:
                Path(self.config.output_folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ConfigError(
                    f"parameter 'output_folder' is '{self.config.output_folder}', which cannot be made: "
                    f"{error.strerror}; give another one, or '' to write nothing"
                ) from error
        self._index = PlaceIndex.load(Path(self.config.index_path)) if self.config.index_path else None
        self._markers = self.publisher(MarkerArray, "map/differences", LATCHED_QOS)
        names = ("position_error", "heading_error", "nees")
        self._publishers_of = {
            name: self.publisher(Float64Msg, f"evaluation/{name}", _ERROR_QOS) for name in names
        }

    def start(self) -> None:
        """Subscribe."""
        self._ended: list[JudgedDrive] = []
        self._diff = None if self._index is None else MapDiff(self._index.geomap)
        self._begin()
        self.activated.callback(self._write)
        self.activated.callback(BackwardJumps(self, self._end_drive).close)
        self.subscribe(Odometry, "ground_truth", self._on_truth, ODOMETRY_QOS)
        self.subscribe(PoseWithCovarianceStamped, "pose", self._on_pose, _STATE_QOS)
        self.subscribe(LocalizationState, "localization_state", self._on_state, _STATE_QOS)
        if self._index is not None:
            self.subscribe(SemanticScanMsg, "scan", self._on_scan, SCAN_QOS)
            worker = LatestWorker("map diff", self._show, 1)
            self.activated.callback(worker.close)
            # By real time: simulated time may stand still or go back.
            clock = Clock(clock_type=ClockType.STEADY_TIME)
            timer = self.create_timer(self.config.map_diff_period_s, lambda: self._compare(worker), clock=clock)
            self.activated.callback(self.destroy_timer, timer)

    def diagnostic_values(self) -> dict[str, Any]:
        """The figures of the drive so far."""
        drive = self._judge.drive("drive") if self.is_active else None
        if drive is None:
            return {"frames": 0}
        figures = {figure.name: figure for figure in condition_figures(Condition(_CONDITION, (drive,)), 0)}
        told = {name: figure_text(figures[name].value, figures[name].unit) for name in _TOLD}
        return {"drives before": len(self._ended), "frames": len(drive), **told}

    def _on_truth(self, message: Odometry) -> None:
        stamp_ns = to_stamp_ns(message.header.stamp)
        verdict = self._stamps.judge(stamp_ns)
        if verdict is StampVerdict.OLD:
            return
        if verdict is StampVerdict.RESTARTED:
            self._end_drive()
        try:
            self._judge.hear_truth(stamp_ns, to_pose2(message.pose.pose))
        except ObservationError as error:
            self.health.refuse("ground truth", error)
            return
        self._tell()

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        try:
            pose = to_pose2(message.pose.pose)
        except ObservationError as error:
            self.health.refuse("pose", error)
            return
        covariance = np.array(message.pose.covariance).reshape(6, 6)[np.ix_(PLANAR, PLANAR)]
        stamp_ns = to_stamp_ns(message.header.stamp)
        self._judge.hear_pose(stamp_ns, pose, covariance)
        self._sight.hear_pose(stamp_ns, pose, covariance)

    def _on_scan(self, message: SemanticScanMsg) -> None:
        try:
            seen = to_observation(message, Pose2(0.0, 0.0, 0.0))
        except ObservationError as error:
            self.health.refuse("scan", error)
            return
        self._sight.hear_scan(seen.stamp_ns, seen.scan)

    def _on_state(self, message: LocalizationState) -> None:
        self._judge.hear_state(
            to_stamp_ns(message.header.stamp), LocalizationStatus(message.state), message.probability, message.chance
        )
        self._tell()

    def _tell(self) -> None:
        """Publish the errors of the fixes that have become known."""
        judged = self._judge.newly_judged()
        if judged is None:
            return
        for row in np.flatnonzero(judged.is_fix & np.isfinite(judged.error_m)):
            self.health.count("fixes judged")
            self._publish("position_error", judged.error_m[row])
            self._publish("heading_error", np.radians(judged.heading_error_deg[row]))
            self._publish("nees", judged.position_nees[row])

    def _publish(self, name: str, value: float) -> None:
        self._publishers_of[name].publish(Float64Msg(data=float(value)))

    def _compare(self, worker: LatestWorker[SeenDrive]) -> None:
        """Have the drive so far laid beside the map."""
        drive = self._sight.drive()
        if drive is not None:
            worker.submit(drive)

    def _show(self, drive: SeenDrive) -> None:
        """Publish what all drives and this one together say; called in a thread of its own."""
        if self._diff is None or self._index is None:
            return
        diff = self._diff.copied()
        diff.add(drive)
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self.config.map_frame)
        self._markers.publish(to_difference_markers(map_differences(diff, self._index.geomap), header))

    def _begin(self) -> None:
        self._judge, self._sight = LiveJudge(), LiveSight()
        self._stamps = StampGuard()

    def _end_drive(self) -> None:
        self._ended = list(self._drives())
        self._add_to_diff()
        self._begin()

    def _add_to_diff(self) -> None:
        drive = self._sight.drive()
        if self._diff is not None and drive is not None:
            # Another one, since the thread that shows it may be at work on the last.
            self._diff = self._diff.copied()
            self._diff.add(drive)

    def _drives(self) -> tuple[JudgedDrive, ...]:
        """Those that ended, and the one that goes on."""
        current = self._judge.drive(f"drive_{len(self._ended) + 1}")
        return (*self._ended, *([] if current is None else [current]))

    def _write(self) -> None:
        drives, folder = self._drives(), self.config.output_folder
        if not drives or not folder:
            self.get_logger().info(f"{len(drives)} drives judged; nothing is written")
            return
        self._add_to_diff()
        if self._diff is not None and self._index is not None:
            geomap = self._index.geomap
            write_geojson(map_differences(self._diff, geomap), geomap, Path(folder) / DIFFERENCES_FILE)
        for drive in drives:
            write_drive(drive, Path(folder) / _CONDITION / drive.name)
        evaluation = Evaluation((Condition(_CONDITION, drives),), (), self.config.seed, (("judged", "live nodes"),))
        write_results(evaluation, Path(folder) / RESULTS_FILE)
        write_evaluation_page(evaluation, Path(folder) / PAGE_FILE)
        self.get_logger().info(f"wrote '{Path(folder) / PAGE_FILE}'")


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(EvaluatorNode)


if __name__ == "__main__":
    sys.exit(main())
