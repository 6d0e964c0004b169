"""What RViz shows: the map as line lists, the belief as a point cloud."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from geometry_msgs.msg import Point, Vector3
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from geoloc_ros.core.types import Float32, Float64, Int32, Mode
from geoloc_ros.maps.geomap import Buildings, GeoMap, RoadGraph
from geoloc_ros.msg import MapInfo
from geoloc_ros.ros.conversions import to_pose_msg
from geoloc_ros.ros.sensors import to_point_cloud

_BUILDING_COLOR = ColorRGBA(r=0.55, g=0.45, b=0.35, a=1.0)
_ROAD_COLOR = ColorRGBA(r=0.35, g=0.45, b=0.6, a=0.8)
# Root of the 95 % quantile of chi square with two degrees of freedom.
_SIGMAS_95 = 2.448
_FLAT_M = 0.1
_PALEST = 0.15

BELIEF_DTYPE = np.dtype(
    [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("yaw", "<f4"), ("viewpoint", "<u4")]
)
"""A point of `similarity`: the intensity is the probability of the viewpoint."""


def to_map_markers(geomap: GeoMap, header: Header) -> MarkerArray:
    """Building outlines and roads."""
    return MarkerArray(
        markers=[
            _line_list(0, "roads", _road_lines(geomap.roads), _ROAD_COLOR, 1.0, header),
            _line_list(1, "buildings", _building_lines(geomap.buildings), _BUILDING_COLOR, 0.5, header),
        ]
    )


def to_map_info(geomap: GeoMap, index_id: str, encoder_id: str, num_places: int, header: Header) -> MapInfo:
    """Which map this is."""
    return MapInfo(
        header=header, index_id=index_id, encoder_id=encoder_id, name=geomap.source.name,
        source_date=geomap.source.date, attribution=geomap.source.attribution,
        origin_latitude_deg=geomap.origin.latitude_deg, origin_longitude_deg=geomap.origin.longitude_deg,
        origin_height_m=geomap.origin.height_m, num_buildings=len(geomap.buildings), num_places=num_places,
    )


def to_belief_cloud(poses: Float64, viewpoints: Int32, probabilities: Float32, header: Header) -> PointCloud2:
    """Viewpoints (k,) with their probabilities (k,); `poses` (V, 3) are those of all viewpoints."""
    points = np.zeros(len(viewpoints), BELIEF_DTYPE)
    points["x"], points["y"], points["yaw"] = poses[viewpoints].T
    points["intensity"], points["viewpoint"] = probabilities, viewpoints
    return to_point_cloud(points, header)


def to_mode_markers(modes: tuple[Mode, ...], header: Header) -> MarkerArray:
    """Of each mode its ellipse of 95 % and an arrow ahead; the paler the less probable."""
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for number, mode in enumerate(modes):
        color = ColorRGBA(r=0.95, g=0.3, b=0.1, a=float(np.clip(mode.probability, _PALEST, 0.8)))
        variance_m2, axes = np.linalg.eigh(mode.covariance[:2, :2])
        ellipse = Marker(header=header, ns="ellipse", id=number, type=Marker.CYLINDER, color=color)
        ellipse.pose = to_pose_msg(replace(mode.pose, yaw_rad=float(np.arctan2(axes[1, 0], axes[0, 0]))))
        ellipse.scale = Vector3(x=2.0 * _SIGMAS_95 * variance_m2[0] ** 0.5, y=2.0 * _SIGMAS_95 * variance_m2[1] ** 0.5)
        ellipse.scale.z = _FLAT_M
        arrow = Marker(header=header, ns="heading", id=number, type=Marker.ARROW, color=color)
        arrow.pose, arrow.scale = to_pose_msg(mode.pose), Vector3(x=10.0, y=1.5, z=1.5)
        markers += [ellipse, arrow]
    return MarkerArray(markers=markers)


def _line_list(
    number: int, name: str, points_m: Float64, color: ColorRGBA, width_m: float, header: Header
) -> Marker:
    marker = Marker(header=header, ns=name, id=number, type=Marker.LINE_LIST, action=Marker.ADD, frame_locked=True)
    marker.pose.orientation.w = 1.0
    marker.scale.x, marker.color = width_m, color
    marker.points = [Point(x=x, y=y) for x, y in points_m.tolist()]
    return marker


def _building_lines(buildings: Buildings) -> Float64:
    """End points (2 S, 2), two in a row a line."""
    walls = buildings.walls()
    return np.stack([walls.start_m, walls.end_m], axis=1).reshape(-1, 2)


def _road_lines(roads: RoadGraph) -> Float64:
    """The same; a two-way road once."""
    lines = []
    for edge in range(len(roads)):
        if roads.edge_reverse[edge] <= edge:  # -1 on one-way roads
            points_m = roads.polyline(edge)
            lines.append(np.stack([points_m[:-1], points_m[1:]], axis=1).reshape(-1, 2))
    return np.concatenate(lines) if lines else np.zeros((0, 2))
