"""Writing a drive as a rosbag2: a single .mcap file, or a folder with metadata."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.sim.messages import TOPICS, typestore

_FOREVER = QosTime(0, 0)
_LATCHED = Qos(
    QosHistory.KEEP_LAST, 1, QosReliability.RELIABLE, QosDurability.TRANSIENT_LOCAL, _FOREVER, _FOREVER,
    QosLiveliness.SYSTEM_DEFAULT, _FOREVER, False,
)


class Recorder:
    """An open bag."""

    def __init__(self, folder: Path) -> None:
        self._writer = Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)

    def __enter__(self) -> Recorder:
        self._writer.open()
        self._connections = {
            topic: self._writer.add_connection(
                topic, type_name, typestore=typestore(),
                offered_qos_profiles=[_LATCHED] if topic == "/tf_static" else [],
            )
            for topic, type_name in TOPICS.items()
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def write(self, topic: str, stamp_ns: int, message: Any) -> None:
        """Add one message of the type that `TOPICS` names for the topic."""
        connection = self._connections[topic]
        self._writer.write(connection, stamp_ns, typestore().serialize_cdr(message, connection.msgtype))


@contextmanager
def record(path: Path) -> Iterator[Recorder]:
    """A bag that appears at `path`, whole, when the block ends well; nothing is left when it does not.

    `path` becomes one file if it ends in .mcap, else a rosbag2 folder. What was there before is replaced.

    Raises:
        DatasetError: If `path` is something else than a bag, or cannot be written to.
    """
    single = path.suffix == ".mcap"
    if path.is_dir() if single else path.exists() and not (path / "metadata.yaml").is_file():
        raise DatasetError(f"'{path}' exists and is not a bag; choose another name or remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise DatasetError(f"cannot write beside '{path}': {error.strerror}; choose another place") from error
    try:
        # A bag holds the name of its folder; a single file has none, so that its bytes do not depend on its name.
        folder = scratch / ("drive" if single else path.name)
        with Recorder(folder) as recorder:
            yield recorder
        if single:
            os.replace(folder / f"{folder.name}.mcap", path)
        else:
            if path.exists():
                os.rename(path, scratch / "replaced")
            os.rename(folder, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
