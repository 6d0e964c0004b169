import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32
from geoloc_ros.inference.compiled_network import CompileRequest, build_for_elsewhere, load_compiled, prepare_engine
from geoloc_ros.inference.engine import BuiltEngine, EnginePlan, EngineRefusedError
from geoloc_ros.inference.engine_cache import EngineCache
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import OnnxNetwork, read_signature

OUTPUTS = ("descriptor", "query")


class FakeSession:
    """ONNX Runtime under another name, `wrong` times what it should be."""

    def __init__(self, network: OnnxNetwork, names: tuple[str, ...], wrong: float) -> None:
        self.input_name, self.output_names, self.output_shapes = "features", names, network.output_shapes
        self._network, self._wrong = network, wrong
        self._outputs: tuple[Float32, ...] = ()

    def upload(self, batch: Float32) -> None:
        self._batch = batch

    def enqueue(self, count: int) -> None:
        self._outputs = tuple(self._wrong * output for output in self._network.run(self._batch[:count]))

    def capture(self, count: int) -> None:
        return None

    def download(self, count: int) -> tuple[Float32, ...]:
        return self._outputs


@dataclass
class FakeMaker:
    """Its engine is the network file with a word before it; it refuses engines of other makers."""

    file: Path
    name: str = "fake 1.0"
    device_id: str = "capability 1.0"
    wrong: float = 1.0
    names: tuple[str, ...] = OUTPUTS
    device_name: str = "a fake"
    flags: str = "none"
    timings: list[bytes] = field(default_factory=list)

    def build(self, network: bytes, plan: EnginePlan, timing: bytes, progress: ProgressCallback) -> BuiltEngine:
        self.timings.append(timing)
        progress("building", 1.0)
        return BuiltEngine(b"compiled " + network, b"measured")

    def load(self, engine: bytes, plan: EnginePlan) -> FakeSession:
        if not engine.startswith(b"compiled "):
            raise EngineRefusedError("is refused by fake: version mismatch")
        return FakeSession(OnnxNetwork(read_network_file(self.file), "features", OUTPUTS), self.names, self.wrong)

    @property
    def num_builds(self) -> int:
        return len(self.timings)


@pytest.fixture
def file(write_network: Callable[..., Path], tmp_path: Path) -> Path:
    return write_network(tmp_path / "ours.onnx")


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / "engines")


def request_of(file: Path, maker: FakeMaker) -> CompileRequest:
    network = read_network_file(file)
    return CompileRequest(network, read_signature(network), maker)


def suffixes(cache: EngineCache) -> set[str]:
    return {path.suffix for path in cache.folder.iterdir()}


def test_it_computes_what_onnx_runtime_does_in_the_order_that_is_asked_for(file: Path, cache: EngineCache) -> None:
    network = load_compiled(request_of(file, FakeMaker(file)), ("query", "descriptor"), cache)
    reference = OnnxNetwork(read_network_file(file), "features", ("query", "descriptor"))
    features = np.random.default_rng(0).random((70, 8, 360), dtype=np.float32)
    for found, expected in zip(network.run(features), reference.run(features), strict=True):
        assert np.array_equal(found, expected)
    for name in ("file", "file_id", "metadata", "input_shape", "output_shapes"):
        assert getattr(network, name) == getattr(reference, name)
    assert network.engine_name == "fake 1.0 on a fake, fp32"


def test_it_is_built_once_and_taken_from_the_cache_ever_after(file: Path, cache: EngineCache) -> None:
    maker = FakeMaker(file)
    for _ in range(3):
        load_compiled(request_of(file, maker), OUTPUTS, cache)
    assert maker.num_builds == 1


@pytest.mark.parametrize("other", [{"name": "fake 1.1"}, {"device_id": "capability 2.0"}, {"flags": "some"}])
def test_another_library_device_or_way_to_build_gets_its_own(
    file: Path, cache: EngineCache, other: dict[str, str]
) -> None:
    load_compiled(request_of(file, FakeMaker(file)), OUTPUTS, cache)
    maker = FakeMaker(file)
    for name, value in other.items():
        setattr(maker, name, value)
    load_compiled(request_of(file, maker), OUTPUTS, cache)
    assert maker.num_builds == 1


def test_the_next_build_begins_with_what_the_last_one_measured(file: Path, cache: EngineCache) -> None:
    maker = FakeMaker(file)
    load_compiled(request_of(file, maker), OUTPUTS, cache)
    maker.flags = "some"
    load_compiled(request_of(file, maker), OUTPUTS, cache)
    assert maker.timings == [b"", b"measured"]


def test_an_engine_that_is_wrong_is_refused_by_how_much_and_not_kept(file: Path, cache: EngineCache) -> None:
    with pytest.raises(BackendError, match=r"output 'descriptor' is off by 0.02 of .* 0.001 is allowed for fp32"):
        load_compiled(request_of(file, FakeMaker(file, wrong=1.02)), OUTPUTS, cache)
    assert ".engine" not in suffixes(cache)
    load_compiled(request_of(file, FakeMaker(file, wrong=1.0005)), OUTPUTS, cache)


def test_an_engine_with_other_outputs_than_the_file_is_refused(file: Path, cache: EngineCache) -> None:
    with pytest.raises(BackendError, match=r"outputs \['descriptor', 'other'\], the file 'features' and"):
        load_compiled(request_of(file, FakeMaker(file, names=("descriptor", "other"))), OUTPUTS, cache)


def test_half_precision_may_be_a_hundredth_off(write_network: Callable[..., Path], cache: EngineCache) -> None:
    file = write_network(cache.folder.parent / "half.onnx", geoloc_precision="fp16")
    load_compiled(request_of(file, FakeMaker(file, wrong=1.009)), OUTPUTS, cache)
    with pytest.raises(BackendError, match=r"off by 0.011 .* 0.01 is allowed for fp16"):
        load_compiled(request_of(file, FakeMaker(file, name="other", wrong=1.011)), OUTPUTS, cache)


def test_a_precision_that_nobody_knows_is_refused(write_network: Callable[..., Path], cache: EngineCache) -> None:
    file = write_network(cache.folder.parent / "odd.onnx", geoloc_precision="fp5")
    with pytest.raises(BackendError, match="says that its precision is 'fp5', known are"):
        load_compiled(request_of(file, FakeMaker(file)), OUTPUTS, cache)


@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_an_engine_that_cannot_be_used_is_put_aside_and_built_again(
    file: Path, cache: EngineCache, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    maker = FakeMaker(file)
    request = request_of(file, maker)
    load_compiled(request, OUTPUTS, cache)
    path = cache.path(request.key)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    else:  # whole, and yet the library does not take it
        cached = cache.find(request.key)
        assert cached is not None
        cache.store(type(cached)(cached.key, b"of another version", is_checked=True))
    load_compiled(request, OUTPUTS, cache)
    assert maker.num_builds == 2 and {".engine", ".refused"} <= suffixes(cache)
    assert {"cut": "is damaged", "foreign": "version mismatch"}[damage] in caplog.text
    load_compiled(request, OUTPUTS, cache)
    assert maker.num_builds == 2


def test_an_engine_that_cannot_be_kept_runs_from_memory(
    file: Path, cache: EngineCache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.folder.touch()  # a file where the folder should be
    network = load_compiled(request_of(file, FakeMaker(file)), OUTPUTS, cache)
    assert len(network.run(np.zeros((2, 8, 360), np.float32))[0]) == 2
    assert "the next start has to build the engine again" in caplog.text
    with pytest.raises(BackendError, match="could not be kept"):
        prepare_engine(request_of(file, FakeMaker(file)), cache, no_progress)


def test_an_engine_built_elsewhere_is_checked_when_it_is_loaded(file: Path, cache: EngineCache) -> None:
    maker = FakeMaker(file)
    request = request_of(file, maker)
    assert build_for_elsewhere(request, cache, no_progress) == len(b"compiled ") + file.stat().st_size
    cached = cache.find(request.key)
    assert cached is not None and not cached.is_checked
    load_compiled(request, OUTPUTS, cache)
    cached = cache.find(request.key)
    assert cached is not None and cached.is_checked and maker.num_builds == 1


def test_an_engine_built_elsewhere_that_is_wrong_here_is_put_aside(file: Path, cache: EngineCache) -> None:
    build_for_elsewhere(request_of(file, FakeMaker(file)), cache, no_progress)
    with pytest.raises(BackendError, match="is wrong"):  # that of the build that follows
        load_compiled(request_of(file, FakeMaker(file, wrong=2.0)), OUTPUTS, cache)
    assert ".refused" in suffixes(cache) and ".engine" not in suffixes(cache)


def test_preparing_says_whether_it_had_to_build(file: Path, cache: EngineCache) -> None:
    request = request_of(file, FakeMaker(file))
    assert [prepare_engine(request, cache, no_progress) for _ in range(2)] == [True, False]


def test_two_that_start_at_once_build_once(file: Path, cache: EngineCache) -> None:
    maker = FakeMaker(file)
    barrier = threading.Barrier(2)

    def start() -> None:
        request = request_of(file, maker)
        barrier.wait()
        load_compiled(request, OUTPUTS, cache)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert maker.num_builds == 1


def test_scans_run_by_the_dozen_and_images_one_by_one(file: Path) -> None:
    request = request_of(file, FakeMaker(file))
    assert str(request.plan) == "1..64 x 8 x 360"
    signature = type(request.signature)("image", (), (4, 512, 1024), {})
    assert CompileRequest(request.file, signature, request.maker).plan.max_batch == 1
