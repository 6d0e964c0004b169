import numpy as np

from geoloc_ros.core.types import Float32, Int32
from geoloc_ros.scan.naming import VIEW_SHIFT, join_across_views, name_unknown

SPLIT_RATIO = 0.25


def seen(*names: tuple[int, int] | None) -> Int32:
    """Instances of rays: (view, number), (0, 0) where unknown, None where there is none."""
    return np.array([-1 if name is None else name[0] << VIEW_SHIFT | name[1] for name in names], np.int32)


def at(*range_m: float) -> Float32:
    return np.array(range_m, np.float32)


def join(instance: Int32, rival: Int32, range_m: Float32 | None = None) -> list[int]:
    ranges = np.full(len(instance), 10.0, np.float32) if range_m is None else range_m
    return [int(name) for name in join_across_views(ranges, instance, rival, SPLIT_RATIO)]


def test_one_view_keeps_its_numbers() -> None:
    instance = seen((0, 1), (0, 2), None, (0, 0))
    assert join(instance, seen(None, None, None, None)) == instance.tolist()


def test_what_two_views_see_on_the_same_rays_is_one_building() -> None:
    instance = seen((0, 1), (0, 1), (1, 7), (1, 7), None)
    rival = seen(None, (1, 7), (0, 1), None, None)
    assert join(instance, rival) == [1, 1, 1, 1, -1]


def test_one_ray_on_the_edge_of_two_buildings_does_not_join_them() -> None:
    # View 0 puts the edge one ray further than view 1 does.
    instance = seen((0, 1), (0, 1), (0, 1), (0, 2), (1, 8), (1, 8), None)
    rival = seen((1, 7), (1, 7), (1, 8), (1, 8), (0, 2), None, None)
    assert join(instance, rival) == [1, 1, 1, 2, 2, 2, -1]


def test_a_building_along_three_views_is_one() -> None:
    instance = seen((0, 1), (1, 3), (1, 3), (2, 9), None)
    rival = seen((1, 3), (0, 1), (2, 9), (1, 3), None)
    assert join(instance, rival) == [1, 1, 1, 1, -1]


def test_views_that_meet_without_overlap_are_joined_where_the_range_goes_on() -> None:
    instance, rival = seen((0, 1), (1, 1), None), seen(None, None, None)
    assert join(instance, rival, at(10.0, 11.0, np.nan)) == [1, 1, -1]
    assert join(instance, rival, at(10.0, 14.0, np.nan)) == instance.tolist()


def test_the_last_ray_is_beside_the_first() -> None:
    assert join(seen((0, 1), None, (1, 1)), seen(None, None, None)) == [1, -1, 1]


def test_buildings_of_unknown_number_are_not_joined() -> None:
    assert join(seen((0, 0), (1, 1), (0, 2), None), seen(None, None, None, None), at(10.0, 10.0, 50.0, np.nan)) == [
        0, 1 << VIEW_SHIFT | 1, 2, -1
    ]


def test_hits_of_unknown_building_get_a_number_between_jumps_of_range() -> None:
    instance = seen((0, 0), (0, 0), (0, 0), None, (0, 4), (0, 0))
    named = name_unknown(at(10.0, 11.0, 20.0, np.nan, 5.0, 10.0), instance, SPLIT_RATIO, 1000)
    assert named[0] == named[1] == named[5] != named[2]
    assert named[3:5].tolist() == [-1, 4] and named.max() > 1000
