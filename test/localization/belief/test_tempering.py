import numpy as np
import pytest

from geoloc_ros.localization.belief.tempering import FrameTemper


@pytest.mark.parametrize("power", [0.1, 0.5, 1.0])
def test_ratios_that_average_to_one_do_so_in_part(power: float) -> None:
    ratio = np.random.default_rng(0).exponential(1.0, 5000)
    log_ratio = np.log(ratio / ratio.mean()).astype(np.float32)
    tempered, choice = FrameTemper(5000).ratios(log_ratio, power)
    assert tempered.mean() == pytest.approx(1.0, abs=1e-4)
    assert choice == pytest.approx(0.5, abs=0.05)  # 1 - 1 / mean square, which is 2 for an exponential


@pytest.mark.parametrize("power", [0.25, 0.5])
def test_a_frame_that_looks_like_nowhere_here_says_so_in_part(power: float) -> None:
    ratio = np.random.default_rng(0).exponential(0.1, 5000)
    tempered, _ = FrameTemper(5000).ratios(np.log(ratio).astype(np.float32), power)
    assert tempered.mean() == pytest.approx(ratio.mean() ** power, rel=1e-4)
