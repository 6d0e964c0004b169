import logging
from types import SimpleNamespace

import numpy as np
import pytest

from geoloc_ros.core.photo_config import SearchConfig
from geoloc_ros.core.types import Float32, Int64
from geoloc_ros.vpr.search import gpu
from geoloc_ros.vpr.search.build import build_search

from .places import make_places, seen_again


class FlatOnGpu:
    """As `faiss.GpuIndexFlatIP`, on the processor."""

    def __init__(self, resources: object, dimension: int, settings: SimpleNamespace) -> None:
        assert settings.useFloat16
        self.rows = np.empty((0, dimension), np.float32)

    def add(self, rows: Float32) -> None:
        if len(self.rows) + len(rows) > 600:
            raise RuntimeError("out of memory")
        self.rows = np.concatenate((self.rows, rows))

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        products = queries @ self.rows.T
        row = np.argsort(-products, axis=1)[:, :count]
        return np.take_along_axis(products, row, axis=1), row


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("StandardGpuResources", object), ("GpuIndexFlatConfig", SimpleNamespace), ("GpuIndexFlatIP", FlatOnGpu),
        ("get_num_gpus", lambda: 1),
    ):
        monkeypatch.setattr(gpu.faiss, name, value, raising=False)


@pytest.mark.usefixtures("one_gpu")
def test_where_there_is_a_gpu_it_searches_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "_CHUNK", 100)
    places = make_places(500, 24)
    search = build_search(places, SearchConfig(), np.random.default_rng(0))
    queries = seen_again(places, 7)
    expected = np.argsort(-(queries @ places.T.astype(np.float32)), axis=1)[:, :5]
    assert "GPU" in search.name and len(search) == 500 and search.num_bytes == places.nbytes
    assert np.array_equal(search.search(queries, 5)[1], expected)


@pytest.mark.usefixtures("one_gpu")
def test_what_does_not_fit_on_the_gpu_stays_where_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert build_search(make_places(700, 24), SearchConfig(), np.random.default_rng(0)).name == "exact"
    assert "stay off the GPU" in caplog.text


def test_a_faiss_for_processors_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu.faiss, "get_num_gpus", lambda: 0, raising=False)
    assert gpu.exact_on_gpu(make_places(5, 8)) is None
