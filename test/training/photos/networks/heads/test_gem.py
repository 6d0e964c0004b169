from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.training.photos.networks.heads.gem import GemHead, GeneralizedMean  # noqa: E402

FEATURES = torch.rand(2, 5, 4, 6) + 0.1


def test_power_one_is_the_mean() -> None:
    assert torch.allclose(GeneralizedMean(1.0)(FEATURES), FEATURES.mean((2, 3)))


def test_a_large_power_is_nearly_the_maximum() -> None:
    assert torch.allclose(GeneralizedMean(300.0)(FEATURES.double()), FEATURES.double().amax((2, 3)), rtol=0.02)


def test_where_things_are_does_not_matter() -> None:
    order = torch.randperm(24)
    shuffled = FEATURES.flatten(2)[:, :, order].reshape(FEATURES.shape)
    assert torch.allclose(GemHead()((FEATURES,)), GemHead()((shuffled,)), atol=1e-6)


def test_what_is_negative_counts_as_nothing() -> None:
    features = torch.full((1, 1, 2, 2), -3.0)
    features[0, 0, 0, 0] = 8.0
    # (8^3 / 4)^(1/3)
    assert GeneralizedMean(3.0)(features).item() == pytest.approx((512.0 / 4.0) ** (1.0 / 3.0))


def test_the_power_is_learnt() -> None:
    pool = GeneralizedMean()
    pool(FEATURES).sum().backward()
    assert pool.power.grad is not None and float(pool.power.grad) > 0.0
