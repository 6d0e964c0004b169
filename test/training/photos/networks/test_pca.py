from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")
pytest.importorskip("transformers", reason="transformers is not installed: pip install 'geoloc_ros[train]'")

import numpy as np  # noqa: E402

from geoloc_ros.core.errors import ConfigError  # noqa: E402
from geoloc_ros.training.photos.networks.pca import with_whitening  # noqa: E402
from geoloc_ros.training.photos.networks.photo_network import PhotoNetwork, make_photo_network  # noqa: E402
from geoloc_ros.training.photos.networks.spec import parse_network  # noqa: E402


@pytest.fixture
def network() -> PhotoNetwork:
    return make_photo_network(parse_network("resnet18-conv4@0.25+gem", 64, 96), seed=0).eval()


def test_components_of_what_it_was_fitted_on_are_independent_and_alike(network: PhotoNetwork) -> None:
    rng = np.random.default_rng(0)
    descriptors = (rng.normal(size=(500, 8)) @ rng.normal(size=(8, 64)) + 3.0).astype(np.float32)
    whitened = with_whitening(network, descriptors, 8)
    assert whitened.whitening is not None
    found = whitened.whitening(torch.from_numpy(descriptors)).detach().numpy()
    assert np.allclose(found.mean(axis=0), 0.0, atol=1e-3)
    assert np.allclose(np.cov(found, rowvar=False), np.eye(8), atol=1e-2)


def test_the_strongest_direction_comes_first(network: PhotoNetwork) -> None:
    descriptors = np.random.default_rng(0).normal(size=(400, 64)).astype(np.float32)
    descriptors[:, 7] *= 30.0
    whitened = with_whitening(network, descriptors, 2)
    assert whitened.whitening is not None
    assert int(whitened.whitening.weight[0].abs().argmax()) == 7


def test_it_is_a_copy_with_fewer_dimensions(network: PhotoNetwork) -> None:
    descriptors = np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)
    whitened, photos = with_whitening(network, descriptors, 16), torch.rand(2, 3, 64, 96)
    assert network(photos).shape == (2, 64) and whitened(photos).shape == (2, 16)
    assert whitened.spec.pca == whitened.descriptor_size == 16 and network.spec.pca == 0
    assert torch.allclose(whitened(photos).norm(dim=1), torch.ones(2), atol=1e-5)


@pytest.mark.parametrize(("count", "dimension"), [(10, 10), (100, 65), (100, 0)])
def test_what_cannot_be_fitted_is_refused(network: PhotoNetwork, count: int, dimension: int) -> None:
    with pytest.raises(ConfigError, match="do not make"):
        with_whitening(network, np.zeros((count, 64), np.float32), dimension)


def test_fewer_photos_than_dimensions_give_the_same_as_all_covariances(network: PhotoNetwork) -> None:
    few = np.random.default_rng(0).normal(size=(30, 64)).astype(np.float32)
    whitened = with_whitening(network, few, 5)
    assert whitened.whitening is not None
    found = whitened.whitening(torch.from_numpy(few)).detach().numpy()
    assert np.allclose(np.cov(found, rowvar=False), np.eye(5), atol=1e-3)
    variance, direction = np.linalg.eigh(np.cov(few, rowvar=False))
    weight = whitened.whitening.weight.detach().numpy()
    for row, (size, axis) in zip(weight, list(zip(variance, direction.T, strict=True))[:-6:-1], strict=True):
        assert abs(float(row @ axis)) == pytest.approx(1.0 / np.sqrt(size), rel=1e-3)
