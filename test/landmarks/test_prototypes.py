import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.types import Float32
from geoloc_ros.landmarks.prototypes import PrototypeSearch


def unit(shape: tuple[int, ...], rng: np.random.Generator) -> Float32:
    rows = rng.normal(size=shape).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 70), st.integers(1, 40), st.integers(1, 12), st.integers(1, 23), st.integers(0, 1000))
def test_the_nearest_is_the_one_of_the_largest_product(n: int, depth: int, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prototype, embedding = unit((n, depth), rng), np.moveaxis(unit((height, width, depth), rng), -1, 0)
    label, cosine = PrototypeSearch(prototype).nearest(embedding)
    products = np.tensordot(prototype, embedding, 1)
    np.testing.assert_allclose(cosine, products.max(axis=0), atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(products, label[None].astype(np.int64), 0)[0], cosine, atol=1e-5)


def test_of_equals_the_first_is_taken() -> None:
    prototype = np.tile(np.array([1.0, 0.0], np.float32), (40, 1))
    label, _ = PrototypeSearch(prototype).nearest(np.ones((2, 3, 3), np.float32))
    assert not label.any()


def test_a_chosen_few_are_found_by_their_own_numbers(rng: np.random.Generator) -> None:
    prototype = unit((60, 8), rng)
    search = PrototypeSearch(prototype, np.array([50, 7, 33]))
    label, cosine = search.nearest(prototype.T.reshape(8, 6, 10))
    assert len(search) == 4 and set(label.ravel()) <= {0, 7, 33, 50}
    # Those that are among them, the one that shows nothing included, find themselves.
    for row in (0, 7, 33, 50):
        assert label.ravel()[row] == row and abs(cosine.ravel()[row] - 1.0) < 1e-5


def test_the_last_of_a_panel_that_is_not_full_is_found_as_itself(rng: np.random.Generator) -> None:
    prototype = unit((18, 8), rng)
    label, _ = PrototypeSearch(prototype).nearest(prototype[17].reshape(8, 1, 1))
    assert label[0, 0] == 17
