"""Folders of arrays with a manifest: written beside and renamed, read with checks, never pickled."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.errors import ArtifactError

MANIFEST = "manifest.json"
_BUILDERS = {
    "photos": "`geoloc photos index`", "curation": "`geoloc curate`", "landmarks": "`geoloc train landmarks`",
}
"""What makes an artifact of a kind; `geoloc index` the others."""


@dataclass(frozen=True)
class Artifact:
    """A checked folder."""

    path: Path
    kind: str
    artifact_id: str
    """Hash of everything in it, the manifest included."""
    metadata: Mapping[str, Any]

    def array(self, name: str) -> NDArray[Any]:
        """Array `name`, mapped into memory read-only; ArtifactError if there is none or it is damaged."""
        file = self.path / f"{name}.npy"
        if not file.exists():
            raise ArtifactError(f"artifact '{self.path}' has no array '{name}'; build it again")
        try:
            array: NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise ArtifactError(f"'{file}' is damaged ({error}); build the artifact again") from error
        return array


class ArtifactWriter:
    """Collects the files of an artifact in a hidden folder beside its destination."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add_array(self, name: str, array: NDArray[Any]) -> None:
        """Store `array` as `name`.npy."""
        np.save(self.folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)

    def file(self, name: str) -> Path:
        """Where to write a file of another format."""
        return self.folder / name


def check_replaceable(path: Path) -> None:
    """See that an artifact may be written there; for work that takes long, before it begins.

    Raises:
        ArtifactError: If something else lies there.
    """
    if path.exists() and not (path / MANIFEST).is_file():
        raise ArtifactError(f"'{path}' exists and is not an artifact of ours; choose another name or remove it")


@contextmanager
def write_artifact(path: Path, kind: str, version: int, metadata: Mapping[str, Any]) -> Iterator[ArtifactWriter]:
    """Build the artifact `path`; it appears there whole, replacing an older artifact, when the block ends well.

    Raises:
        ArtifactError: If `path` is something else than an artifact, or its parent cannot be written to.
    """
    check_replaceable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise ArtifactError(f"cannot write beside '{path}': {error.strerror}; choose another place") from error
    try:
        yield ArtifactWriter(folder)
        files = {file.name: _sha256(file) for file in sorted(folder.iterdir())}
        manifest = {"kind": kind, "format_version": version, "files": files, "metadata": dict(metadata)}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        folder.chmod(0o755)
        replace_folder(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """A name to write a single file under; it gets its real name when the block ends well, else it goes away."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_artifact(path: Path, kind: str, version: int) -> Artifact:
    """Check the artifact `path` against its manifest.

    Raises:
        ArtifactError: If it is missing, of another kind or format version, or a byte of it has changed.
    """
    artifact, files = _read_manifest(path, kind, version)
    for name, digest in files.items():
        file = path / name
        if Path(name).name != name or not file.is_file() or _sha256(file) != digest:
            raise ArtifactError(f"'{file}' is missing or damaged (its checksum differs); build the artifact again")
    return artifact


def peek_artifact(path: Path, kind: str, version: int) -> Artifact:
    """What the manifest of the artifact `path` says; whether its other files are whole is not looked at.

    Raises:
        ArtifactError: If it is missing, or of another kind or format version.
    """
    return _read_manifest(path, kind, version)[0]


def _read_manifest(path: Path, kind: str, version: int) -> tuple[Artifact, dict[str, str]]:
    """The artifact, and the checksums of its files."""
    builder = _BUILDERS.get(kind, "`geoloc index`")
    try:
        text = (path / MANIFEST).read_bytes()
        manifest = json.loads(text)
        found = (manifest["kind"], manifest["format_version"])
        files, metadata = dict(manifest["files"]), dict(manifest["metadata"])
    except FileNotFoundError:
        raise ArtifactError(f"'{path}' is not an artifact: no {MANIFEST} in it; build it with {builder}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"'{path / MANIFEST}' cannot be read ({error!r}); build it again") from error
    if found != (kind, version):
        raise ArtifactError(
            f"'{path}' is a {found[0]} of format {found[1]}, this version reads a {kind} of format {version}; "
            f"build it again with {builder}"
        )
    return Artifact(path, kind, hashlib.sha256(text).hexdigest()[:16], metadata), files


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def replace_folder(folder: Path, path: Path) -> None:
    """Rename a folder to `path`; what is there already is removed once that has worked."""
    if not path.exists():
        os.rename(folder, path)
        return
    # A folder cannot be swapped for another in one portable step: move the old one aside, and back if we fail.
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    os.rename(path, old / path.name)
    try:
        os.rename(folder, path)
    except OSError:
        os.rename(old / path.name, path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
