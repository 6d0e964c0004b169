"""Says on diagnostics and log what does not come, and that it came again."""

from __future__ import annotations

import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus

from geoloc_ros.ros.health import Health
from geoloc_ros.ros.synchronizer import FrameSynchronizer, Missing

# Drivers take their time to start.
_FIRST_IMAGE_S = 10.0
_CAMERA = "camera"


class Absences:
    """Of the topics of a synchronizer. Calls from one thread."""

    def __init__(
        self, health: Health, synchronizer: FrameSynchronizer, image_topics: tuple[str, ...], limit_s: float,
        resolve: Callable[[str], str],
    ) -> None:
        """Watch.

        Args:
            health: Who is told.
            synchronizer: Knows what frames go on without.
            image_topics: Without any of these there is no frame.
            limit_s: Silence of all of them that is worth an error.
            resolve: Full name of a topic, after remaps, as users know it.
        """
        self._health, self._synchronizer = health, synchronizer
        self._image_topics, self._limit_s, self._resolve = image_topics, limit_s, resolve
        self._told: set[str] = set()
        self._last_image_s: float | None = None
        self._start_s = time.monotonic()

    def heard(self, topic: str) -> None:
        """A message of `topic` came and was handed to the synchronizer."""
        if topic in self._image_topics:
            self._last_image_s = time.monotonic()
            self._health.settle(_CAMERA)
        missing = {entry.topic: entry for entry in self._synchronizer.missing() if entry.was_heard}
        for gone in missing.keys() - self._told:
            self._health.stand(gone, self._complaint(missing[gone]))
        for back in self._told - missing.keys():
            self._health.settle(back)
        self._told = set(missing)

    def look(self) -> None:
        """Time has passed."""
        now_s = time.monotonic()
        topics = ", ".join(f"'{self._resolve(topic)}'" for topic in self._image_topics)
        if self._last_image_s is not None and now_s - self._last_image_s > self._limit_s:
            silence_s = now_s - self._last_image_s
            self._health.stand(_CAMERA, f"no image for {silence_s:.0f} s on {topics}", DiagnosticStatus.ERROR)
        elif self._last_image_s is None and now_s - self._start_s > _FIRST_IMAGE_S:
            self._health.stand(_CAMERA, f"no image yet, {now_s - self._start_s:.0f} s after the start, on {topics}")

    def close(self) -> None:
        """What does not come is nobody's business any more."""
        for about in (*self._told, _CAMERA):
            self._health.settle(about)

    def _complaint(self, missing: Missing) -> str:
        topic = self._resolve(missing.topic)
        if missing.offset_ns is None:
            return f"nothing comes on '{topic}' any more: frames go on without it"
        return (
            f"'{topic}' is out of step by {missing.offset_ns * 1e-6:.0f} ms: frames go on without it; synchronize the "
            "sensors, or raise sync_tolerance_s"
        )
