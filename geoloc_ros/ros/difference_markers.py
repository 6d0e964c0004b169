"""Differences between map and world for RViz: red is gone, green is new, the surer the more solid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from geometry_msgs.msg import Point
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from geoloc_ros.core.types import Float64
from geoloc_ros.evaluation.map_diff_files import MapDifferences

_WIDTH_M = 1.2


def to_difference_markers(differences: MapDifferences, header: Header) -> MarkerArray:
    """Outlines; they replace all that were shown before."""
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    markers += _outlines("removed", differences.removed_outline, differences.removed.probability, (0.9, 0.15, 0.15),
                         header)  # fmt: skip
    markers += _outlines("new", differences.new.outline, differences.new.probability, (0.1, 0.75, 0.3), header)
    return MarkerArray(markers=markers)


def _outlines(
    name: str, outlines: NDArray[np.object_], probability: Float64, color: tuple[float, float, float], header: Header
) -> Iterator[Marker]:
    for number, (outline, sureness) in enumerate(zip(outlines, probability.tolist(), strict=True)):
        red, green, blue = color
        marker = Marker(header=header, ns=name, id=number, type=Marker.LINE_LIST, action=Marker.ADD, frame_locked=True)
        marker.pose.orientation.w, marker.scale.x = 1.0, _WIDTH_M
        marker.color = ColorRGBA(r=red, g=green, b=blue, a=float(sureness))
        for ring in shapely.get_parts(shapely.get_rings(outline)):
            line_m = shapely.get_coordinates(ring)
            pairs = np.stack([line_m[:-1], line_m[1:]], axis=1).reshape(-1, 2)
            marker.points += [Point(x=x, y=y, z=0.3) for x, y in pairs.tolist()]
        yield marker
