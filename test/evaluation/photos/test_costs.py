import math
from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest

from geoloc_ros.core.types import Float32, Int64, UInt8
from geoloc_ros.evaluation.photos.costs import measure_costs


class _Encoder:
    encoder_id, dimension = "none", 4

    def encode(self, images: Sequence[UInt8]) -> Float32:
        return np.zeros((len(images), 4), np.float32)


class _Search:
    name, num_bytes = "none", 3_000_000

    def __len__(self) -> int:
        return 7

    def search(self, queries: Float32, count: int) -> tuple[Float32, Int64]:
        return np.zeros((len(queries), count), np.float32), np.zeros((len(queries), count), np.int64)


def test_costs_are_medians_of_a_clock_and_what_the_file_tells() -> None:
    ticks = count()
    images = [np.zeros((2, 2, 3), np.uint8)] * 3
    costs = measure_costs(
        _Encoder(), {"flops": "5e9", "parameters": "many"}, images, _Search(), np.zeros((2, 4), np.float32),
        clock_s=lambda: 0.001 * next(ticks),
    )  # fmt: skip
    assert costs.extraction_ms == pytest.approx(1.0) and costs.search_ms == pytest.approx(1.0)
    assert (costs.flops, costs.dimension, costs.search_mb, costs.photos) == (5e9, 4, 3.0, 7)
    assert math.isnan(costs.parameters)
