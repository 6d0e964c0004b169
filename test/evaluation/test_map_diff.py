import numpy as np
import pytest

from geoloc_ros.core.types import SemanticScan
from geoloc_ros.evaluation.map_diff import MapDiff, Verdict, verdicts
from geoloc_ros.evaluation.map_evidence import SeenDrive

from .street import NUM_HOUSES, along_the_street, seen, street, with_house_in_the_south

GONE = 3


def drive() -> SeenDrive:
    return seen(along_the_street(), np.arange(NUM_HOUSES) != GONE)


def test_the_house_that_is_gone_comes_first_and_more_drives_make_it_surer() -> None:
    diff = MapDiff(street())
    diff.add(drive())
    once = diff.removed()
    diff.add(drive())
    twice = diff.removed()
    assert once.building[0] == twice.building[0] == GONE
    assert 0.5 < once.probability[0] < twice.probability[0] < 1.0
    assert (once.num_drives[0], twice.num_drives[0]) == (1, 2) and twice.num_rays[0] == 2 * once.num_rays[0]


def test_no_number_of_drives_makes_it_certain() -> None:
    """The map may have it wrong in a way that looks like this from everywhere."""
    diff = MapDiff(street())
    for _ in range(10):
        diff.add(drive())
    assert 0.9 < diff.removed().probability[0] < 0.99


def test_houses_that_are_seen_are_not_blamed() -> None:
    diff = MapDiff(street())
    diff.add(drive())
    probability = diff.probability()
    assert (probability[[0, 1, 2, 4, 5, 6]] < 0.05).all()


def test_without_any_drive_every_house_may_be_gone_as_usual() -> None:
    probability = MapDiff(street()).probability()
    assert probability == pytest.approx(np.full(NUM_HOUSES, 0.05))


def test_a_drive_without_a_fix_says_nothing() -> None:
    diff = MapDiff(street())
    whole = drive()
    scan = SemanticScan(whole.scan.range_m[:0], whole.scan.instance[:0], whole.scan.observed[:0])
    diff.add(SeenDrive(whole.pose[:0], whole.covariance[:0], scan))
    assert not diff.was_looked_at.any() and len(diff.new().probability) == 0


def test_a_drive_that_sees_it_takes_back_what_another_said() -> None:
    diff = MapDiff(street())
    diff.add(drive())
    before = diff.probability()[GONE]
    diff.add(seen(along_the_street()))
    assert diff.probability()[GONE] < 0.6 * before


def test_an_open_view_of_one_drive_is_rather_a_camera_that_missed_it() -> None:
    counts = np.zeros((1, 2, 5), np.int64)
    counts[0, 0] = [0, 0, 0, 100, 0]
    assert verdicts(counts) == ([Verdict.OPEN], [0])


@pytest.mark.parametrize(
    ("rays", "verdict"),
    [
        ([90, 10, 0, 0, 0], Verdict.SEEN), ([0, 10, 0, 45, 45], Verdict.SEEN_THROUGH),
        ([10, 50, 0, 0, 40], Verdict.MOSTLY_THROUGH), ([30, 5, 0, 0, 65], Verdict.PARTLY),
        ([0, 0, 30, 0, 70], Verdict.HIDDEN),
    ],
)
def test_verdicts_of_one_drive(rays: list[int], verdict: Verdict) -> None:
    assert verdicts(np.array([[[0] * 5, rays]]))[0].tolist() == [verdict]


def test_a_house_that_the_map_does_not_know_is_found_where_it_stands() -> None:
    diff = MapDiff(street())
    diff.add(seen(along_the_street(), world=with_house_in_the_south()))
    found = diff.new()
    centre = found.outline[0].centroid
    assert len(found.outline) == 1 and (centre.x, centre.y) == pytest.approx((47.0, -11.0), abs=4.0)
    diff.add(seen(along_the_street(), world=with_house_in_the_south()))
    assert diff.new().probability[0] > found.probability[0] > 0.5


def test_drives_that_see_nothing_there_make_it_doubtful() -> None:
    diff = MapDiff(street())
    diff.add(seen(along_the_street(), world=with_house_in_the_south()))
    for _ in range(3):
        diff.add(seen(along_the_street()))
    assert len(diff.new(0.5).outline) == 0


def test_a_true_map_has_no_new_buildings() -> None:
    diff = MapDiff(street())
    diff.add(seen(along_the_street(), depth_factor=0.8))
    assert len(diff.new(0.0).outline) == 0
