import signal

import pytest

from geoloc_ros.core.terminal import Interruption


def test_a_signal_that_a_finalizer_swallows_is_not_lost() -> None:
    interruption = Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption._on_signal(signal.SIGTERM, None)
    with pytest.raises(KeyboardInterrupt):
        interruption.check()


def test_a_second_signal_does_not_disturb_the_cleaning_up() -> None:
    interruption = Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption._on_signal(signal.SIGINT, None)
    interruption._on_signal(signal.SIGINT, None)
