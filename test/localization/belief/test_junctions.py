import numpy as np
import pytest

from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.localization.belief.cells import cut_cells
from geoloc_ros.localization.belief.junctions import join_cells
from geoloc_ros.maps.geomap import RoadGraph

from ..conftest import places_of, road_graph


def test_every_cell_has_exactly_one_way_on_as_the_links_say(grid_city: RoadGraph) -> None:
    places = places_of(grid_city)
    cells = cut_cells(places, 2.5)
    joints = join_cells(cells, places)
    last = cells.link_start[1:] - 1
    plain = np.setdiff1d(last, joints.in_cell)
    # After a last cell that is at no junction comes the first cell of the link from where it leads.
    link = np.searchsorted(last, plain)
    assert np.array_equal(cells.link_from[link + 1], cells.link_to[link])
    for junction in range(len(joints)):
        ins = joints.in_cell[joints.in_start[junction] : joints.in_start[junction + 1]]
        outs = joints.out_cell[joints.out_start[junction] : joints.out_start[junction + 1]]
        met = {int(cells.link_to[np.searchsorted(last, cell)]) for cell in ins}
        left = {int(cells.link_from[np.searchsorted(cells.link_start, cell)]) for cell in outs}
        assert len(met | left) == 1


def test_turns_of_steps_are_those_between_the_cells() -> None:
    places = places_of(road_graph([(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)], [(0, 1), (1, 2)]))
    cells = cut_cells(places, 2.5)
    joints = join_cells(cells, places)
    joined = np.setdiff1d(np.arange(1, len(cells)), joints.out_cell)
    turn_rad = wrap_angle(np.diff(cells.yaw_rad.astype(float)))[joined - 1]
    assert np.cos(joints.step_turn_rad[joined] - turn_rad) == pytest.approx(1.0, abs=1e-9)
    assert np.count_nonzero(np.abs(joints.step_turn_rad) > 0.1) > 4


def test_the_opposite_cell_lies_at_the_same_place_and_looks_back(grid_city: RoadGraph) -> None:
    places = places_of(grid_city)
    cells = cut_cells(places, 2.5)
    opposite = join_cells(cells, places).opposite
    known = np.flatnonzero(opposite >= 0)
    assert len(known) > 0.7 * len(cells)
    offset_m = np.hypot(cells.x_m[known] - cells.x_m[opposite[known]], cells.y_m[known] - cells.y_m[opposite[known]])
    assert offset_m.max() < 2.6 and np.median(offset_m) < 0.01
    straight = np.abs(wrap_angle((cells.yaw_rad[known] - cells.yaw_rad[opposite[known]]).astype(float))) > np.pi - 0.2
    assert straight.mean() > 0.95


def test_a_one_way_road_has_no_opposite_cells() -> None:
    both = road_graph([(0.0, 0.0), (100.0, 0.0)], [(0, 1)])
    one_way = RoadGraph(
        both.node_m, both.edge_from[:1], both.edge_to[:1], np.full(1, -1, np.int32), both.point_m[:2],
        both.point_start[:2],
    )
    places = places_of(one_way)
    assert np.all(join_cells(cut_cells(places, 2.5), places).opposite == -1)
