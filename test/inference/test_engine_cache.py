import errno
import logging
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference.engine_cache import CachedEngine, EngineCache, EngineKey

KEY = EngineKey("ab" * 32, "tensorrt 10.3.0.26", "compute capability 8.7, 16", "1..64 x 8 x 360", "fp32", "typed")
ENGINE = CachedEngine(KEY, b"an engine\nof two lines" * 9, is_checked=True)


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / "engines")


def files(cache: EngineCache) -> list[str]:
    return sorted(path.suffix for path in cache.folder.iterdir())


def test_what_was_stored_is_found_again(cache: EngineCache) -> None:
    assert cache.find(KEY) is None
    cache.store(ENGINE)
    assert cache.find(KEY) == ENGINE and files(cache) == [".engine"]


@pytest.mark.parametrize("name", [field.name for field in fields(EngineKey)])
def test_whatever_differs_in_the_key_is_another_engine(cache: EngineCache, name: str) -> None:
    cache.store(ENGINE)
    other = replace(KEY, **{name: "another"})
    assert cache.find(other) is None and cache.path(other) != cache.path(KEY)
    assert cache.find(KEY) == ENGINE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(position=st.integers(min_value=0), byte=st.integers(min_value=1, max_value=255), cut=st.booleans())
def test_no_byte_of_a_file_can_change_unnoticed(cache: EngineCache, position: int, byte: int, cut: bool) -> None:
    cache.store(ENGINE)
    content = bytearray(cache.path(KEY).read_bytes())
    position %= len(content)
    if cut:
        del content[position:]
    else:
        content[position] ^= byte
    cache.path(KEY).write_bytes(content)
    found = cache.find(KEY)
    # Spelling of the header apart, of which nothing depends.
    assert found is None or found.engine == ENGINE.engine
    assert found is not None or files(cache) == [".refused"]
    for path in cache.folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "no engine file of ours"), (b"ftrt\0\0", "no engine file of ours")]
)
def test_what_is_no_engine_of_ours_is_put_aside_with_the_reason(
    cache: EngineCache, caplog: pytest.LogCaptureFixture, content: bytes, reason: str
) -> None:
    cache.folder.mkdir()
    cache.path(KEY).write_bytes(content)
    assert cache.find(KEY) is None and files(cache) == [".refused"]
    assert reason in caplog.text and "building another" in caplog.text


def test_an_engine_under_the_name_of_another_is_foreign(cache: EngineCache, caplog: pytest.LogCaptureFixture) -> None:
    foreign = replace(KEY, device="compute capability 8.9, 76")
    cache.store(replace(ENGINE, key=foreign))
    os.replace(cache.path(foreign), cache.path(KEY))
    assert cache.find(KEY) is None
    assert "was built for device 'compute capability 8.9, 76'" in caplog.text


def test_it_is_said_how_the_engine_that_is_there_differs(cache: EngineCache) -> None:
    assert cache.why_missing(KEY) == "there is none yet"
    cache.store(ENGINE)
    assert cache.why_missing(replace(KEY, builder="tensorrt 10.7")) == "there is one for builder 'tensorrt 10.3.0.26'"
    assert cache.why_missing(replace(KEY, network_sha256="cd" * 32)) == "there is none yet"


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process may exceed 100 bytes: what a full disk does to a file, in earnest.

    No fixture: what pytest says between setup and teardown may go to a file as well.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_written_whole_leaves_nothing(cache: EngineCache) -> None:
    complaint = r"cannot keep .*: File too large; set inference.engine_cache"
    with small_files(), pytest.raises(BackendError, match=complaint):
        cache.store(ENGINE)
    assert files(cache) == []


def test_a_full_disk_leaves_the_engine_that_was_there(cache: EngineCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store(ENGINE)

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BackendError, match="No space left on device"):
        cache.store(replace(ENGINE, engine=b"another"))
    monkeypatch.undo()
    assert cache.find(KEY) == ENGINE and files(cache) == [".engine"]


def test_measured_times_are_kept_by_library_and_device(cache: EngineCache) -> None:
    assert cache.timing(KEY) == b""
    cache.store_timing(KEY, b"measured")
    assert cache.timing(replace(KEY, network_sha256="cd" * 32)) == b"measured"
    assert cache.timing(replace(KEY, builder="tensorrt 10.7")) == b""


def test_only_one_builds_at_a_time(cache: EngineCache, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events: list[str] = []
    waits = threading.Event()

    def second() -> None:
        waits.set()
        with cache.building(KEY):
            events.append("second")

    thread = threading.Thread(target=second)
    with cache.building(KEY):
        thread.start()
        waits.wait()
        while "waiting for it" not in caplog.text:
            thread.join(0.001)
        events.append("first")
    thread.join()
    assert events == ["first", "second"]


def test_where_nothing_can_be_written_building_goes_on_without_a_lock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with EngineCache(tmp_path / "file").building(KEY):
        pass
    assert "another process may build the same" in caplog.text


def test_where_files_cannot_be_locked_building_goes_on(
    cache: EngineCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(stream: object, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with cache.building(KEY):
        pass
    assert "No locks available" in caplog.text


def test_the_users_cache_is_where_others_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert EngineCache.of_user("").folder == tmp_path / "geoloc_ros" / "engines"
    assert EngineCache.of_user(str(tmp_path / "mine")).folder == tmp_path / "mine"
