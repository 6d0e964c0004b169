"""Messages of several topics put together by their stamps. One rule everywhere, also where message_filters exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# A topic may run ahead of the slowest by so many messages before its oldest is given up.
_DEPTH = 10


@dataclass
class Discarded:
    """What was given up because its companions did not come."""

    stamp_ns: int
    missing: tuple[str, ...]


@dataclass
class FrameSynchronizer:
    """Gathers one message of each topic whose stamps lie within `tolerance_ns` of the newest arrival."""

    topics: tuple[str, ...]
    tolerance_ns: int
    _waiting: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    _discarded: list[Discarded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = {topic: [] for topic in self.topics}

    def add(self, topic: str, stamp_ns: int, message: Any) -> tuple[Any, ...] | None:
        """The messages of a frame in the order of `topics` if this one completes it, else None."""
        self._waiting[topic].append((stamp_ns, message))
        matched = [self._nearest(other, stamp_ns) for other in self.topics]
        if all(match is not None for match in matched):
            found = [match for match in matched if match is not None]
            self._forget_until(max(stamp for stamp, _ in found), {stamp for stamp, _ in found})
            return tuple(message for _, message in found)
        if len(self._waiting[topic]) > _DEPTH:
            self._forget_until(self._waiting[topic][0][0], set())
        return None

    def take_discarded(self) -> list[Discarded]:
        """What was given up since the last call, oldest first."""
        discarded, self._discarded = self._discarded, []
        return discarded

    def clear(self) -> None:
        """Forget everything that waits."""
        for waiting in self._waiting.values():
            waiting.clear()

    def _nearest(self, topic: str, stamp_ns: int) -> tuple[int, Any] | None:
        near = [entry for entry in self._waiting[topic] if abs(entry[0] - stamp_ns) <= self.tolerance_ns]
        return min(near, key=lambda entry: abs(entry[0] - stamp_ns), default=None)

    def _forget_until(self, stamp_ns: int, used: set[int]) -> None:
        gone: dict[int, set[str]] = {}
        for topic, waiting in self._waiting.items():
            for stamp, _ in waiting:
                if stamp <= stamp_ns and stamp not in used:
                    gone.setdefault(stamp, set()).add(topic)
            waiting[:] = [entry for entry in waiting if entry[0] > stamp_ns]
        for stamp in sorted(gone):
            self._discarded.append(Discarded(stamp, tuple(t for t in self.topics if t not in gone[stamp])))
