import math

import pytest

from geoloc_ros.maps import tags as meaning


@pytest.mark.parametrize(
    ("text", "metres"),
    [("12", 12.0), ("12.5 m", 12.5), ("12,5", 12.5), ("40 ft", 12.192), ("40'", 12.192), ("12'6\"", 3.81), ("3m", 3.0)],
)
def test_lengths_are_read_as_people_write_them(text: str, metres: float) -> None:
    assert meaning.parse_length_m(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "high", "-3", "3;4", "1e3"])
def test_a_length_that_is_none_is_nan(text: str) -> None:
    assert math.isnan(meaning.parse_length_m(text))


@pytest.mark.parametrize(
    ("tags", "height_m"),
    [
        ({"height": "9", "building:levels": "8"}, 9.0),
        ({"est_height": "11"}, 11.0),
        ({"building:levels": "4"}, 12.0),
        ({"building:levels": "4", "roof:levels": "1"}, 15.0),
        ({"building:levels": "4", "roof:levels": "some"}, 12.0),
        ({"height": "0", "building:levels": "2"}, 6.0),
    ],
)
def test_height_comes_from_the_surest_tag(tags: dict[str, str], height_m: float) -> None:
    assert meaning.roof_height_m(tags, 3.0) == height_m


def test_a_building_without_height_tags_has_none() -> None:
    assert math.isnan(meaning.roof_height_m({"building": "yes"}, 3.0))


def test_a_raised_part_begins_above_the_ground() -> None:
    assert meaning.base_height_m({"min_height": "4.5"}, 3.0) == 4.5
    assert meaning.base_height_m({"building:min_level": "2"}, 3.0) == 6.0
    assert meaning.base_height_m({}, 3.0) == 0.0


@pytest.mark.parametrize(
    "tags",
    [
        {"building": "no"},
        {"building": "roof"},
        {"building": "yes", "layer": "-1"},
        {"building": "yes", "location": "underground"},
        {"amenity": "parking"},
    ],
)
def test_what_has_no_walls_over_the_ground_is_no_building(tags: dict[str, str]) -> None:
    assert not meaning.is_building(tags)


def test_a_bridge_house_is_a_building() -> None:
    assert meaning.is_building({"building": "yes", "layer": "1"})


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({"highway": "residential"}, "both"),
        ({"highway": "residential", "oneway": "yes"}, "forward"),
        ({"highway": "residential", "oneway": "-1"}, "backward"),
        ({"highway": "tertiary", "junction": "roundabout"}, "forward"),
        ({"highway": "motorway"}, "forward"),
        ({"highway": "motorway", "oneway": "no"}, "both"),
        ({"highway": "motorway_link"}, "forward"),
        ({"highway": "residential", "access": "private"}, "both"),
        ({"highway": "footway"}, "none"),
        ({"highway": "service"}, "none"),
        ({"highway": "pedestrian"}, "none"),
        ({"highway": "residential", "area": "yes"}, "none"),
    ],
)
def test_direction_of_traffic(tags: dict[str, str], direction: str) -> None:
    assert meaning.drivable_direction(tags) == direction
