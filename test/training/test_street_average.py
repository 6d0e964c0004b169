from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra [train]")

from geoloc_ros.training.street_average import AveragedNetwork  # noqa: E402
from geoloc_ros.training.street_network import StreetNetwork  # noqa: E402


def test_the_mean_follows_the_weights_and_is_what_is_evaluated() -> None:
    averaged = AveragedNetwork(StreetNetwork(), decay=0.5)
    before = averaged.average.to_half[0].weight.clone()
    with torch.no_grad():
        averaged.learning.to_half[0].weight.add_(1.0)
    averaged.update()
    # At first only two in eleven parts of the mean are kept.
    torch.testing.assert_close(averaged.average.to_half[0].weight, before + 9.0 / 11.0)
    for _ in range(40):
        averaged.update()
    torch.testing.assert_close(averaged.average.to_half[0].weight, before + 1.0)

    image = torch.full((2, 4, 64, 64), 50.0)
    averaged.eval()
    with torch.no_grad():
        torch.testing.assert_close(averaged(image)[0], averaged.average(image)[0])
    assert not any(parameter.requires_grad for parameter in averaged.average.parameters())
