"""Frames sorted into their windows on disk, so that a table may be larger than the memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from geoloc_ros.core.types import Int64
from geoloc_ros.datasets.curation.frames import FRAME, Frames
from geoloc_ros.datasets.curation.windows import window_of

_NUM_BUCKETS = 128
_ORDER = ("digest", "stamp_ms", "sequence", "user", "window")
"""Of the frames of a window, the last name first."""


@dataclass(frozen=True)
class SpooledWindow:
    """Where the frames of a window lie."""

    key: int
    file: Path
    first: int
    count: int


class FrameSpool:
    """Takes chunks of frames in any order, gives windows with their frames in the one order."""

    def __init__(self, folder: Path, window_m: float) -> None:
        self._folder, self._window_m, self._num_bytes = folder, window_m, 0
        self._files = ExitStack()
        self._buckets = [self._open(f"bucket{number:03}") for number in range(_NUM_BUCKETS)]
        self._texts = self._open("texts")

    def _open(self, name: str) -> IO[bytes]:
        return self._files.enter_context((self._folder / name).open("wb"))

    def add(self, frames: Frames, texts: tuple[bytes, ...]) -> None:
        """Keep frames (N,) whose window and text are not set, and their texts."""
        placed = frames.copy()
        placed["window"] = window_of(frames["latitude_deg"], frames["longitude_deg"], self._window_m)
        placed["length"] = [len(text) for text in texts]
        ends = self._num_bytes + np.cumsum(placed["length"], dtype=np.int64)
        placed["text"] = ends - placed["length"]
        self._num_bytes += sum(map(len, texts))
        self._texts.write(b"".join(texts))
        bucket = placed["window"] % _NUM_BUCKETS
        for number in np.unique(bucket).tolist():
            self._buckets[number].write(placed[bucket == number].tobytes())

    def close(self) -> None:
        """Nothing more comes, or nothing more is wanted."""
        self._files.close()

    def windows(self) -> Iterator[SpooledWindow]:
        """All windows by their keys. The spool is closed by that."""
        self.close()
        found: list[SpooledWindow] = []
        for number in range(_NUM_BUCKETS):
            file = self._folder / f"bucket{number:03}"
            frames = np.fromfile(file, FRAME)
            frames = frames[np.lexsort([frames[name] for name in _ORDER])]
            frames.tofile(file)
            keys, first, count = np.unique(frames["window"], return_index=True, return_counts=True)
            found += [
                SpooledWindow(int(key), file, int(start), int(size))
                for key, start, size in zip(keys, first, count, strict=True)
            ]
        yield from sorted(found, key=lambda window: window.key)

    def frames(self, window: SpooledWindow) -> Frames:
        """Frames (N,) of a window in their order."""
        return np.fromfile(window.file, FRAME, window.count, offset=window.first * FRAME.itemsize)

    def texts(self, frames: Frames) -> tuple[tuple[str, str], ...]:
        """Id and file of frames."""
        if len(frames) == 0:
            return ()
        with (self._folder / "texts").open("rb") as stream:
            held = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            with held:
                return tuple(_split(held[at : at + size]) for at, size in _slices(frames))


def _slices(frames: Frames) -> Iterator[tuple[int, int]]:
    starts: Int64 = frames["text"]
    yield from zip(starts.tolist(), frames["length"].tolist(), strict=True)


def _split(text: bytes) -> tuple[str, str]:
    frame, _, file = text.decode().partition("\0")
    return frame, file
