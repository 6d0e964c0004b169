"""Compiled engines on disk: looked up by everything that they depend on, checked when read, replaced whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference.engine import EngineRefusedError

logger = logging.getLogger(__name__)

_MAGIC = b"geoloc engine 1\n"


@dataclass(frozen=True)
class EngineKey:
    """All that decides what an engine is; one that differs in any of it is another engine."""

    network_sha256: str
    builder: str
    """Library and its full build."""
    device: str
    """What it is tied to, of the device: names are not enough, since one name is sold in several sizes."""
    shapes: str
    precision: str
    flags: str

    @property
    def digest(self) -> str:
        """20 hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class CachedEngine:
    """An engine as it lies on disk."""

    key: EngineKey
    engine: bytes
    is_checked: bool
    """It was compared with ONNX Runtime; an engine that was built away from its device could not be."""


class EngineCache:
    """A folder of engines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls, folder: str) -> EngineCache:
        """The one of `inference.engine_cache`; raises BackendError where that is empty and the user has no home."""
        default = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "geoloc_ros" / "engines"
        try:
            return cls((Path(folder) if folder else default).expanduser())
        except RuntimeError as error:
            raise BackendError(f"no folder for engines ({error}); set inference.engine_cache") from error

    def path(self, key: EngineKey) -> Path:
        """Where the engine is, or would be."""
        return self.folder / f"{key.network_sha256[:12]}-{key.digest}.engine"

    def find(self, key: EngineKey) -> CachedEngine | None:
        """The engine; None if there is none. A damaged or foreign file is put aside and counts as none."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("cannot read engine '%s' (%s): building it again", path, error.strerror)
            return None
        try:
            return _decode(content, key)
        except EngineRefusedError as error:
            self.put_aside(key, str(error))
            return None

    def put_aside(self, key: EngineKey, reason: str) -> None:
        """Keep an engine that cannot be used under another name, for whoever wants to know why."""
        path = self.path(key)
        refused = path.with_suffix(".refused")
        try:
            os.replace(path, refused)
        except OSError as error:
            logger.warning("engine '%s' %s; it cannot be moved away either (%s)", path, reason, error.strerror)
        else:
            logger.warning("engine '%s' %s; it is now '%s', building another", path, reason, refused.name)

    def store(self, cached: CachedEngine) -> None:
        """Write an engine.

        Raises:
            BackendError: If that fails, of which nothing is left behind.
        """
        _write(self.path(cached.key), _encode(cached))

    def timing(self, key: EngineKey) -> bytes:
        """What builds for this device by this library have measured; nothing if none have."""
        try:
            return self._timing_path(key).read_bytes()
        except OSError:
            return b""

    def store_timing(self, key: EngineKey, timing: bytes) -> None:
        """Keep what a build has measured; raises BackendError as `store`."""
        _write(self._timing_path(key), timing)

    def why_missing(self, key: EngineKey) -> str:
        """How the engines that are there for the same network differ, for a log line."""
        others = [_read_key(path) for path in self.folder.glob(f"{key.network_sha256[:12]}-*.engine")]
        wanted = asdict(key)
        differences = {
            ", ".join(f"{name} '{value}'" for name, value in asdict(other).items() if value != wanted[name])
            for other in others if other is not None
        }  # fmt: skip
        return f"there is one for {'; one for '.join(sorted(differences))}" if differences else "there is none yet"

    @contextlib.contextmanager
    def building(self, key: EngineKey) -> Iterator[None]:
        """Only one process at a time is in this block for one engine; a process that dies leaves it."""
        lock = self.path(key).with_suffix(".lock")
        try:
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            stream = lock.open("ab")
        except OSError as error:
            logger.warning("cannot write to '%s' (%s): another process may build the same", lock, error.strerror)
            yield
            return
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                logger.info("another process builds '%s': waiting for it", self.path(key).name)
                fcntl.flock(stream, fcntl.LOCK_EX)
            except OSError as error:  # some network file systems have no locks
                logger.warning("cannot lock '%s' (%s): another process may build the same", lock, error.strerror)
            yield

    def _timing_path(self, key: EngineKey) -> Path:
        digest = hashlib.sha256(f"{key.builder}\n{key.device}".encode()).hexdigest()[:20]
        return self.folder / f"{digest}.timing"


def _write(path: Path, content: bytes) -> None:
    try:
        with write_beside(path) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise BackendError(
            f"cannot keep '{path}' ({len(content)} bytes): {error.strerror}; set inference.engine_cache to a folder "
            "with room"
        ) from error


def _encode(cached: CachedEngine) -> bytes:
    header = {
        "key": asdict(cached.key), "is_checked": cached.is_checked,
        "engine_sha256": hashlib.sha256(cached.engine).hexdigest(),
    }  # fmt: skip
    return _MAGIC + json.dumps(header, sort_keys=True).encode() + b"\n" + cached.engine


def _decode(content: bytes, key: EngineKey) -> CachedEngine:
    try:
        header, engine = _split(content)
        found, checksum = EngineKey(**header["key"]), header["engine_sha256"]
        cached = CachedEngine(found, engine, bool(header["is_checked"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EngineRefusedError(f"is no engine file of ours ({error!r})") from error
    if found != key:
        others = [f"{name} '{value}'" for name, value in asdict(found).items() if value != getattr(key, name)]
        raise EngineRefusedError(f"was built for {', '.join(others)}")
    if hashlib.sha256(engine).hexdigest() != checksum:
        raise EngineRefusedError(f"is damaged: its {len(engine)} bytes have another checksum than was written")
    return cached


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    if not content.startswith(_MAGIC):
        raise ValueError(f"it begins with {content[:16]!r}")
    header, _, engine = content[len(_MAGIC) :].partition(b"\n")
    return dict(json.loads(header)), engine


def _read_key(path: Path) -> EngineKey | None:
    try:
        with path.open("rb") as stream:
            header, _ = _split(stream.readline() + stream.readline())
        return EngineKey(**header["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
