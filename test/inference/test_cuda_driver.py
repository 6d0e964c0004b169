import gc
import threading
from ctypes import CDLL
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import BackendError
from geoloc_ros.inference.cuda_driver import CudaDriver, GpuDevice
from geoloc_ros.inference.cuda_stream import CudaBuffer, CudaStream


def test_without_a_driver_it_says_so() -> None:
    with pytest.raises(BackendError, match=r"there is no NVIDIA driver \(libnowhere.so"):
        CudaDriver("libnowhere.so")


def test_a_driver_without_a_gpu_says_so(fake_libcuda: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CUDA_INIT", "100")
    with pytest.raises(BackendError, match=r"says of cuInit: no CUDA-capable device is detected \(100\)"):
        CudaDriver(str(fake_libcuda))


def test_the_device_is_told_by_more_than_its_name(fake_libcuda: Path) -> None:
    assert CudaDriver(str(fake_libcuda)).device == GpuDevice("Fake Orin", (8, 7), 16, 30)


def test_numbers_come_back_from_the_device_whichever_thread_asks(fake_libcuda: Path) -> None:
    driver = CudaDriver(str(fake_libcuda))
    stream, buffer = CudaStream(driver), CudaBuffer(driver, 4 * 6)
    numbers, found = np.arange(6, dtype=np.float32), np.zeros(6, np.float32)

    def there_and_back() -> None:
        stream.upload(numbers, buffer)
        stream.download(buffer, found)
        stream.wait()

    thread = threading.Thread(target=there_and_back)
    thread.start()
    thread.join()
    assert np.array_equal(found, numbers)


def test_memory_and_graphs_go_away_with_their_objects(fake_libcuda: Path) -> None:
    driver, library = CudaDriver(str(fake_libcuda)), CDLL(str(fake_libcuda))
    before = library.geoloc_allocated(), library.geoloc_graphs()
    held: list[object] = [CudaBuffer(driver, 1000), CudaStream(driver).record(lambda: None)]
    assert (library.geoloc_allocated(), library.geoloc_graphs()) == (before[0] + 1, before[1] + 1)
    held.clear()
    gc.collect()
    assert (library.geoloc_allocated(), library.geoloc_graphs()) == before


def test_too_much_memory_is_refused_with_the_drivers_words(fake_libcuda: Path) -> None:
    with pytest.raises(BackendError, match=r"cuMemAlloc_v2: unknown error \(2\)"):
        CudaBuffer(CudaDriver(str(fake_libcuda)), 1 << 31)


def test_a_stream_is_not_left_recording_when_the_work_fails(fake_libcuda: Path) -> None:
    stream = CudaStream(CudaDriver(str(fake_libcuda)))

    def fail() -> None:
        raise BackendError("cannot")

    with pytest.raises(BackendError, match="cannot"):
        stream.record(fail)
    stream.wait()  # the fake one refuses while it records
