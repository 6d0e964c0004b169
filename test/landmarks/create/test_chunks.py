from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.surface import Surface
from geoloc_ros.landmarks.create.chunks import chunks_of


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 300))
def test_chunks_hold_every_triangle_once_and_lie_in_their_balls(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    vertices_m = rng.normal(size=(50, 3)).astype(np.float32)
    triangles = rng.integers(0, 50, (count, 3)).astype(np.int32)
    label = np.arange(count, dtype=np.int32)
    chunks = chunks_of(Surface(vertices_m, vertices_m, triangles), label)
    assert sorted(chunks.label.tolist()) == label.tolist()
    for chunk, (centre, radius) in enumerate(zip(chunks.ball[:, :3], chunks.ball[:, 3], strict=True)):
        own = chunks.vertices_m[chunks.vertex_start[chunk] : chunks.vertex_start[chunk + 1]]
        rows = slice(int(chunks.triangle_start[chunk]), int(chunks.triangle_start[chunk + 1]))
        assert np.array_equal(own[chunks.triangles[rows]], vertices_m[triangles[chunks.label[rows]]])
        assert np.linalg.norm(own - centre, axis=1).max() <= radius * (1.0 + 1e-6) + 1e-6
    assert chunks.triangle_start[-1] == count


def test_chunks_of_a_large_sheet_are_small() -> None:
    x, y = np.meshgrid(np.arange(64.0), np.arange(64.0))
    low = np.stack([x.ravel(), y.ravel(), np.zeros(4096)], axis=1)
    corners = low[:, None] + np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    order = np.random.default_rng(0).permutation(4096)
    surface = Surface(
        corners[order].reshape(-1, 3).astype(np.float32), np.zeros((3 * 4096, 3), np.float32),
        np.arange(3 * 4096, dtype=np.int32).reshape(-1, 3),
    )  # fmt: skip
    # 64 triangles side by side are 8 m of 64 across.
    assert np.median(chunks_of(surface, np.zeros(4096, np.int32)).ball[:, 3]) < 10.0
