"""Messages of several topics put together by their stamps. One rule everywhere, also where message_filters exists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# A topic may run ahead of the slowest by so many messages before its oldest is given up.
_DEPTH = 10


@dataclass(frozen=True)
class CameraTopics:
    """The topics of one camera."""

    required: tuple[str, ...]
    """Without each of these the camera shows nothing."""
    optional: tuple[str, ...] = ()
    """Waited for while they come."""


@dataclass(frozen=True)
class Discarded:
    """What was given up because its companions did not come."""

    stamp_ns: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """A topic that is no longer waited for."""

    topic: str
    was_heard: bool
    """Since the start."""
    offset_ns: int | None
    """It comes, but its stamps are off by so much; None where nothing comes."""


class FrameSynchronizer:
    """Gathers one message of each topic whose stamps lie within `tolerance_ns` of the newest arrival.

    What had no part in a frame for `missing_after_ns`, while others waited for it, is not waited for any longer: an
    optional topic, or a whole camera where another one is left. Who has to give way of two cameras out of step is the
    one named later. What comes in step again is waited for again. Time is that of the stamps.
    """

    def __init__(self, cameras: Sequence[CameraTopics], tolerance_ns: int, missing_after_ns: int) -> None:
        self.topics = tuple(topic for camera in cameras for topic in (*camera.required, *camera.optional))
        self._cameras, self._tolerance_ns, self._missing_after_ns = tuple(cameras), tolerance_ns, missing_after_ns
        self._camera_of = {topic: camera for camera in cameras for topic in (*camera.required, *camera.optional)}
        self._waiting: dict[str, list[tuple[int, Any]]] = {topic: [] for topic in self.topics}
        self._discarded: list[Discarded] = []
        self._absent: dict[str, int] = {}
        """Since when others waited for it in vain."""
        self._last_ns: dict[str, int] = {}
        self._vain_since_ns: dict[str, int] = {}
        self._given_ns: deque[int] = deque(maxlen=_DEPTH * len(self.topics))

    def add(self, topic: str, stamp_ns: int, message: Any) -> tuple[Any, ...] | None:
        """The messages of a frame in the order of `topics`, None for what it lacks, if this one completes it."""
        self._last_ns[topic] = stamp_ns
        self._waiting[topic].append((stamp_ns, message))
        if topic in self._absent and self._is_in_step(topic, stamp_ns):
            del self._absent[topic]
        frame = self._take(stamp_ns)
        if frame is None and self._give_up(stamp_ns):
            stamps = {stamp for required in self._required() for stamp, _ in self._waiting[required]}
            frame = next((taken for stamp in sorted(stamps, reverse=True) if (taken := self._take(stamp))), None)
        if len(self._waiting[topic]) > _DEPTH:
            self._forget_until(self._waiting[topic][0][0], set())
        return frame

    def missing(self) -> tuple[Missing, ...]:
        """What frames go on without."""
        return tuple(self._missing(topic) for topic in self.topics if topic in self._absent)

    def take_discarded(self) -> list[Discarded]:
        """What was given up since the last call, oldest first."""
        discarded, self._discarded = self._discarded, []
        return discarded

    def clear(self) -> None:
        """Start anew."""
        for waiting in self._waiting.values():
            waiting.clear()
        for memory in (self._discarded, self._absent, self._last_ns, self._vain_since_ns, self._given_ns):
            memory.clear()

    # ---- who is waited for

    def _lives(self, camera: CameraTopics) -> bool:
        return self._absent.keys().isdisjoint(camera.required)

    def _expected(self) -> list[str]:
        return [topic for topic in self.topics if topic not in self._absent and self._lives(self._camera_of[topic])]

    def _required(self) -> list[str]:
        return [topic for camera in self._cameras if self._lives(camera) for topic in camera.required]

    def _is_in_step(self, topic: str, stamp_ns: int) -> bool:
        others = self._required()
        if stamp_ns - max(self._given_ns, default=stamp_ns) > self._missing_after_ns:
            # Nobody gives frames. After a stall all of one topic may come before any of another, and look out of step:
            # a camera that agrees with itself is better than none.
            others = [*others, *self._camera_of[topic].required]
        waiting = (stamp for other in others if other != topic for stamp, _ in self._waiting[other])
        return any(abs(stamp - stamp_ns) <= self._tolerance_ns for stamp in (*self._given_ns, *waiting))

    def _missing(self, topic: str) -> Missing:
        last_ns, newest_ns = self._last_ns.get(topic), max(self._given_ns, default=0)
        if last_ns is None or last_ns < max(self._absent[topic], newest_ns - self._missing_after_ns):
            return Missing(topic, last_ns is not None, None)
        if self._given_ns:
            return Missing(topic, True, min(abs(stamp - last_ns) for stamp in self._given_ns))
        # No frame was ever whole: those that it should go with may be out of step among themselves.
        others = (self._last_ns[other] for other in self._companions(topic) if other in self._last_ns)
        return Missing(topic, True, max((abs(stamp - last_ns) for stamp in others), default=None))

    def _give_up(self, stamp_ns: int) -> bool:
        """Stop waiting for what did not come in time; True if there was something."""
        oldest = [waiting[0][0] for waiting in self._waiting.values() if waiting]
        if stamp_ns - min((*oldest, *self._vain_since_ns.values()), default=stamp_ns) < self._missing_after_ns:
            return False
        # Who is in step with another camera is not to blame; unless everybody is, in two parties.
        return self._blame(stamp_ns, spare=True) or self._blame(stamp_ns, spare=False)

    def _blame(self, stamp_ns: int, spare: bool) -> bool:
        before = len(self._absent)
        for camera in reversed(self._cameras):
            others = [other for other in self._cameras if other is not camera and self._lives(other)]
            for topic in (*camera.optional, *(camera.required if others else ())):
                since_ns = self._vain_since(topic, stamp_ns)
                if not self._lives(camera) or topic in self._absent or stamp_ns - since_ns < self._missing_after_ns:
                    continue
                if not (spare and topic in camera.required and self._has_company(topic)):
                    self._absent[topic] = since_ns
        return len(self._absent) > before

    def _has_company(self, topic: str) -> bool:
        """Does a message of `topic` wait together with one of another camera?"""
        camera = self._camera_of[topic]
        others = [other for other in self._required() if other not in camera.required]
        return any(self._nearest(other, stamp) is not None for other in others for stamp, _ in self._waiting[topic])

    def _vain_since(self, topic: str, stamp_ns: int) -> int:
        """Oldest stamp for which `topic` was missing since it last had a part in a frame; `stamp_ns` without one."""
        waits = (
            stamp for other in self._companions(topic) for stamp, _ in self._waiting[other]
            if self._nearest(topic, stamp) is None
        )
        return min((*waits, self._vain_since_ns.get(topic, stamp_ns)))

    def _companions(self, topic: str) -> list[str]:
        """The topics whose messages show that one of `topic` is missing."""
        camera = self._camera_of[topic]
        return [
            other for other in (self._required() if topic in camera.required else camera.required) if other != topic
        ]

    # ---- frames

    def _take(self, stamp_ns: int) -> tuple[Any, ...] | None:
        matched = {topic: self._nearest(topic, stamp_ns) for topic in self.topics}
        if any(matched[topic] is None for topic in self._expected()):
            return None
        for camera in self._cameras:
            if any(matched[topic] is None for topic in camera.required):
                matched |= dict.fromkeys((*camera.required, *camera.optional))
        found = {topic: match[0] for topic, match in matched.items() if match is not None}
        if not found:
            return None
        self._absent = {topic: since for topic, since in self._absent.items() if topic not in found}
        self._forget_until(max(found.values()), set(found.values()))
        for topic in found:
            self._vain_since_ns.pop(topic, None)
        self._given_ns.extend(found.values())
        return tuple(None if match is None else match[1] for match in matched.values())

    def _nearest(self, topic: str, stamp_ns: int) -> tuple[int, Any] | None:
        near = [entry for entry in self._waiting[topic] if abs(entry[0] - stamp_ns) <= self._tolerance_ns]
        return min(near, key=lambda entry: abs(entry[0] - stamp_ns), default=None)

    def _forget_until(self, stamp_ns: int, used: set[int]) -> None:
        stamps = {stamp for waiting in self._waiting.values() for stamp, _ in waiting if stamp <= stamp_ns}
        for stamp in sorted(stamps - used):
            if any(abs(stamp - given) <= self._tolerance_ns for given in self._given_ns):
                continue  # came too late for its frame, which was given without
            missing = tuple(self._lacking(stamp))
            if missing:
                self._discarded.append(Discarded(stamp, missing))
        for waiting in self._waiting.values():
            waiting[:] = [entry for entry in waiting if entry[0] > stamp_ns]

    def _lacking(self, stamp_ns: int) -> Iterator[str]:
        """What a stamp that is given up waited for; an optional topic that never came is none."""
        for topic in self._expected():
            if self._nearest(topic, stamp_ns) is not None:
                continue
            if any(self._nearest(other, stamp_ns) is not None for other in self._companions(topic)):
                self._vain_since_ns.setdefault(topic, stamp_ns)
            if topic in self._camera_of[topic].required or topic in self._last_ns:
                yield topic
