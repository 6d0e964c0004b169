from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.artifacts import peek_artifact, read_artifact, write_artifact, write_beside
from geoloc_ros.core.errors import ArtifactError


def write(path: Path, value: float = 1.0) -> None:
    with write_artifact(path, "index", 3, {"name": "here"}) as writer:
        writer.add_array("values", np.full(1000, value))
        writer.file("note.txt").write_text("hello")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "a")
    artifact = read_artifact(tmp_path / "a", "index", 3)
    assert artifact.metadata["name"] == "here"
    assert (artifact.array("values") == 1.0).all()


def test_equal_contents_have_equal_ids_and_others_have_others(tmp_path: Path) -> None:
    for name, value in (("a", 1.0), ("b", 1.0), ("c", 2.0)):
        write(tmp_path / name, value)
    ids = [read_artifact(tmp_path / name, "index", 3).artifact_id for name in "abc"]
    assert ids[0] == ids[1] != ids[2]


def test_a_newer_artifact_replaces_an_older_one(tmp_path: Path) -> None:
    write(tmp_path / "a", 1.0)
    write(tmp_path / "a", 2.0)
    assert read_artifact(tmp_path / "a", "index", 3).array("values")[0] == 2.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    write(tmp_path / "a")
    file = tmp_path / "a" / "values.npy"
    content = bytearray(file.read_bytes())
    content[500] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match="damaged"):
        read_artifact(tmp_path / "a", "index", 3)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", 200 * b"x"])
def test_an_array_that_is_damaged_is_told_where_nobody_looked_at_checksums(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "a")
    artifact = peek_artifact(tmp_path / "a", "index", 3)
    (tmp_path / "a" / "values.npy").write_bytes(content)
    with pytest.raises(ArtifactError, match="damaged"):
        artifact.array("values")


@pytest.mark.parametrize(("kind", "version"), [("index", 4), ("landmarks", 3)])
def test_another_kind_or_version_is_refused_with_both_named(tmp_path: Path, kind: str, version: int) -> None:
    write(tmp_path / "a")
    with pytest.raises(ArtifactError, match=f"index of format 3.*{kind} of format {version}"):
        read_artifact(tmp_path / "a", kind, version)


def test_a_missing_artifact_and_a_broken_manifest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not an artifact"):
        read_artifact(tmp_path / "nowhere", "index", 3)
    with pytest.raises(ArtifactError, match="build it with `geoloc photos index`"):
        read_artifact(tmp_path / "nowhere", "photos", 1)
    write(tmp_path / "a")
    (tmp_path / "a" / "manifest.json").write_text("[1, 2")
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_artifact(tmp_path / "a", "index", 3)


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "a")
    manifest = tmp_path / "a" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("note.txt", "../note.txt"))
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(ArtifactError, match="missing or damaged"):
        read_artifact(tmp_path / "a", "index", 3)


def test_a_failure_half_way_leaves_the_old_artifact_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a", 1.0)
    with pytest.raises(KeyboardInterrupt), write_artifact(tmp_path / "a", "index", 3, {}) as writer:
        writer.add_array("values", np.zeros(5))
        raise KeyboardInterrupt
    assert read_artifact(tmp_path / "a", "index", 3).array("values")[0] == 1.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("precious")
    with pytest.raises(ArtifactError, match="not an artifact"):
        write(tmp_path / "home")
    assert (tmp_path / "home" / "thesis.tex").read_text() == "precious"


def test_a_single_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with write_beside(tmp_path / "out" / "drive.tum") as partial:
        partial.write_text("1 2 3")
    assert (tmp_path / "out" / "drive.tum").read_text() == "1 2 3"
    with pytest.raises(RuntimeError), write_beside(tmp_path / "out" / "drive.tum") as partial:
        partial.write_text("4")
        raise RuntimeError
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["drive.tum"]
    assert (tmp_path / "out" / "drive.tum").read_text() == "1 2 3"
