"""What a vehicle does when images stay away, and when the localizer does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geoloc_ros.localization.place_index import PlaceIndex  # noqa: E402

from .driven import SEED, TICKS_PER_SCAN, TOLERANCE_S, Drive  # noqa: E402
from .driving import TICK_S, plan  # noqa: E402


def test_without_images_the_vehicle_drives_on_and_without_a_localizer_it_stops(world: Any, tiny_index: Path) -> None:
    drive = Drive(world, tiny_index, plan(PlaceIndex.load(tiny_index).geomap, 100.0, SEED))
    drive.set_off(off_m=1.0)
    assert all([drive.tick(with_scan=tick % TICKS_PER_SCAN == 0) for tick in range(20)])
    assert all([drive.tick(with_scan=False) for _ in range(int(2.0 / TICK_S))])
    drive.node.trigger_deactivate()
    went_on = [drive.tick(with_scan=False) for _ in range(20)]
    assert went_on.index(False) <= TOLERANCE_S / TICK_S + 1 and not any(went_on[went_on.index(False) :])
