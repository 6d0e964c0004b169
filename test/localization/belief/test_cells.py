import numpy as np
import pytest

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.localization.belief.cells import cut_cells
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph


def test_a_link_of_ten_metres_has_four_cells_of_two_and_a_half(straight_road: RoadGraph) -> None:
    cells = cut_cells(places_of(straight_road), 2.5)
    first = slice(int(cells.link_start[0]), int(cells.link_start[1]))
    assert np.diff(cells.x_m[first]) == pytest.approx(2.5, abs=1e-3)
    assert cells.yaw_rad[first] == pytest.approx(0.0)


def test_first_cell_of_every_link_lies_at_its_viewpoint(grid_city: RoadGraph) -> None:
    places = places_of(grid_city)
    cells = cut_cells(places, 2.5)
    first = cells.link_start[:-1]
    xy_m = np.column_stack([cells.x_m, cells.y_m])[first] + cells.origin_m
    assert xy_m == pytest.approx(places.poses()[cells.link_from, :2], abs=1e-3)


def test_every_viewpoint_shares_its_mass_among_the_ways_on(tee: RoadGraph) -> None:
    cells = cut_cells(places_of(tee), 2.5)
    assert np.bincount(cells.link_from, weights=cells.out_share[cells.link_from]) == pytest.approx(1.0)


def test_turns_along_a_link_add_up_to_the_turn_between_its_ends(tee: RoadGraph) -> None:
    places = places_of(tee)
    cells = cut_cells(places, 2.5)
    total = np.add.reduceat(cells.cell_turn_rad, cells.link_start[:-1]) + cells.exit_turn_rad
    yaw = places.viewpoint_yaw_rad
    assert wrap_angle(total - (yaw[cells.link_to] - yaw[cells.link_from])) == pytest.approx(0.0, abs=1e-5)


def test_a_corner_is_driven_as_a_curve_shorter_than_the_road() -> None:
    places = places_of(road_graph([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)], [(0, 1), (1, 2)]))
    cells = cut_cells(places, 0.1)
    corner = np.flatnonzero((np.abs(cells.exit_turn_rad) > 0.01) & (cells.exit_turn_rad < 0.1))[0]
    cell = slice(int(cells.link_start[corner]), int(cells.link_start[corner + 1]))
    x_m, y_m = cells.x_m[cell] + cells.origin_m[0], cells.y_m[cell] + cells.origin_m[1]
    length_m = np.hypot(np.diff(x_m), np.diff(y_m)).sum()
    assert 7.1 < length_m < 9.0  # the diagonal of 5 by 5 m, and less than 10 m of road
    assert np.all((x_m > 94.9) & (x_m < 100.1) & (y_m > -0.1))


def test_the_end_of_a_one_way_road_has_a_cell_that_leads_nowhere() -> None:
    both = road_graph([(0.0, 0.0), (100.0, 0.0)], [(0, 1)])
    one_way = RoadGraph(
        both.node_m, both.edge_from[:1], both.edge_to[:1], np.full(1, -1, np.int32), both.point_m[:2],
        both.point_start[:2],
    )
    cells = cut_cells(places_of(one_way), 2.5)
    assert np.flatnonzero(cells.link_to < 0).tolist() == [9]
    assert np.diff(cells.link_start)[9] == 1
