"""What live nodes say during a drive, gathered into the trace that the offline localizer writes too."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import PointCloud2

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.msg import LocalizationState
from geoloc_ros.ros.conversions import PLANAR, to_pose2, to_stamp_ns
from geoloc_ros.ros.drawing import BELIEF_DTYPE
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.ros.sensors import to_structured

TRACE_FILE = "trace.npz"
LIVE_FILE = "live.json"

_QOS = QoSProfile(depth=100)


_WAITED_FOR = ("perception", "localizer")
_NO_BELIEF = np.zeros(0, BELIEF_DTYPE)


@dataclass
class RecordedFrame:
    """What came of one stamp so far."""

    pose: Float64 | None = None
    covariance: Float64 = field(default_factory=lambda: np.full((3, 3), np.nan))
    latency_s: float | None = None
    belief: NDArray[Any] = field(default_factory=lambda: _NO_BELIEF)
    state: LocalizationState | None = None


class LiveRecorder:
    """Subscribes to the localizer that runs in the namespace of `node`; its callbacks may run in another thread."""

    def __init__(self, node: Node) -> None:
        self._lock = threading.Lock()
        self._sent_s: dict[int, float] = {}
        self._frames: dict[int, RecordedFrame] = {}
        self._diagnostics: dict[str, dict[str, str]] = {}
        self._namespace = node.get_namespace().strip("/")
        node.create_subscription(PoseWithCovarianceStamped, "pose", self._on_pose, LATCHED_QOS)
        node.create_subscription(PointCloud2, "similarity", self._on_similarity, _QOS)
        node.create_subscription(LocalizationState, "localization_state", self._on_state, _QOS)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, _QOS)

    def sent(self, stamp_ns: int) -> None:
        """An image of this stamp is about to be published."""
        with self._lock:
            self._sent_s[stamp_ns] = time.monotonic()

    def nodes_are_ready(self, topics: set[str]) -> bool:
        """Are perception and localizer active, and do they see each other and a publisher of each of `topics`?

        Endpoints find each other in both directions separately: what the publisher knows is not enough.
        """
        with self._lock:
            nodes = [self._diagnostics.get(f"{self._namespace}/{name}".lstrip("/"), {}) for name in _WAITED_FOR]
        return all(node.get("active") == "True" for node in nodes) and all(
            int(value) > 0
            for node in nodes
            for key, value in node.items()
            if key.removeprefix("publishers of ") in topics or key == "subscribers of scan"
        )

    def await_last(self, timeout_s: float) -> None:
        """Wait until the state of the last image sent has come."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            with self._lock:
                last = self._frames.get(max(self._sent_s, default=0))
                if last is not None and last.state is not None:
                    return
            time.sleep(0.05)

    def save(self, folder: Path) -> None:
        """Write trace.npz and live.json."""
        with self._lock:
            frames = {stamp: self._frames[stamp] for stamp in sorted(self._sent_s) if self._is_complete(stamp)}
        folder.mkdir(parents=True, exist_ok=True)
        to_trace(frames).save(folder / TRACE_FILE)
        latencies_ms = [frame.latency_s * 1e3 for frame in frames.values() if frame.latency_s is not None]
        figures = {
            "frames_sent": len(self._sent_s), "frames_processed": len(frames), "latency_ms": latencies_ms,
            "diagnostics": self._diagnostics,
        }
        with write_beside(folder / LIVE_FILE) as partial:
            partial.write_text(json.dumps(figures) + "\n")

    def _is_complete(self, stamp_ns: int) -> bool:
        return stamp_ns in self._frames and self._frames[stamp_ns].state is not None

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        now_s, stamp_ns = time.monotonic(), to_stamp_ns(message.header.stamp)
        with self._lock:
            frame = self._frames.setdefault(stamp_ns, RecordedFrame())
            frame.pose = to_pose2(message.pose.pose).as_array()
            frame.covariance = np.array(message.pose.covariance).reshape(6, 6)[np.ix_(PLANAR, PLANAR)]
            if stamp_ns in self._sent_s:
                frame.latency_s = now_s - self._sent_s[stamp_ns]

    def _on_similarity(self, message: PointCloud2) -> None:
        with self._lock:
            frame = self._frames.setdefault(to_stamp_ns(message.header.stamp), RecordedFrame())
            frame.belief = to_structured(message)

    def _on_state(self, message: LocalizationState) -> None:
        with self._lock:
            self._frames.setdefault(to_stamp_ns(message.header.stamp), RecordedFrame()).state = message

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        with self._lock:
            for status in message.status:
                self._diagnostics[status.name] = {entry.key: entry.value for entry in status.values}


def to_trace(frames: dict[int, RecordedFrame]) -> Trace:
    """Trace of complete frames by ascending stamp; without a fix the pose is the most probable viewpoint."""
    states = [frame.state for frame in frames.values() if frame.state is not None]
    beliefs = [frame.belief for frame in frames.values()]
    return Trace(
        stamp_ns=np.array(list(frames), np.int64),
        pose=np.array([_best_pose(frame) for frame in frames.values()]).reshape(-1, 3),
        covariance=np.array([frame.covariance for frame in frames.values()]).reshape(-1, 3, 3),
        status=np.array([state.state for state in states], np.uint8),
        probability=np.array([state.probability for state in states], np.float32),
        chance=np.array([state.chance for state in states], np.float32),
        belief_start=np.cumsum([0, *map(len, beliefs)]),
        belief_viewpoint=np.concatenate([belief["viewpoint"].astype(np.int32) for belief in (_NO_BELIEF, *beliefs)]),
        belief_probability=np.concatenate([belief["intensity"] for belief in (_NO_BELIEF, *beliefs)]),
    )


def _best_pose(frame: RecordedFrame) -> Float64:
    if frame.pose is not None:
        return frame.pose
    if not len(frame.belief):
        return np.full(3, np.nan)
    best = frame.belief[np.argmax(frame.belief["intensity"])]
    return np.array([best["x"], best["y"], best["yaw"]], np.float64)
