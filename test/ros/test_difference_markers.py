import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy cannot be imported")

import shapely
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from geoloc_ros.evaluation.map_diff import RemovedBuildings
from geoloc_ros.evaluation.map_diff_files import MapDifferences
from geoloc_ros.evaluation.new_buildings import NewBuildings
from geoloc_ros.ros.difference_markers import to_difference_markers


def outlines(*shapes: shapely.Geometry) -> np.ndarray:
    made = np.empty(len(shapes), object)
    made[:] = shapes
    return made


def test_outlines_replace_what_was_shown_and_fade_with_doubt() -> None:
    court = shapely.box(0, 0, 10, 10) - shapely.box(4, 4, 6, 6)
    ones = np.ones(1, np.int64)
    removed = RemovedBuildings(np.zeros(1, np.int32), np.array([0.9]), ones, ones)
    new = NewBuildings(outlines(shapely.box(20, 0, 30, 10)), np.array([0.5]), ones, ones)
    header = Header(frame_id="map")
    cleared, gone, added = to_difference_markers(MapDifferences(removed, outlines(court), new), header).markers
    assert cleared.action == Marker.DELETEALL and gone.header.frame_id == "map"
    assert (gone.ns, added.ns) == ("removed", "new") and gone.color.r > gone.color.g and added.color.g > added.color.r
    assert (gone.color.a, added.color.a) == pytest.approx((0.9, 0.5))
    assert len(gone.points) == 2 * (4 + 4) and len(added.points) == 2 * 4
