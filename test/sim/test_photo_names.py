import numpy as np
import pytest

from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.sim.photo_names import PhotoRow, table_rows
from geoloc_ros.sim.photo_places import Views


def view(yaw_rad: float) -> Views:
    angles = np.array([[0.0, 0.0, yaw_rad]])
    return Views(np.array([7], np.int32), np.zeros((1, 2)), angles, np.array([1.8]))


def test_the_middle_of_a_zone_is_at_500_km() -> None:
    # Longitude 9 is the central meridian of zone 32: easting 500 000; the equator is at northing 0.
    fields = table_rows(GeoOrigin(0.0, 9.0), "database", "noon", view(0.0))[0].file.removesuffix(".jpg").split("@")
    assert [float(fields[1]), float(fields[2])] == pytest.approx([500000.0, 0.0], abs=0.01)
    assert fields[3:5] == ["32", "N"]
    assert fields[7] == "00007" and fields[14] == "noon"


def test_south_of_the_equator_northings_count_from_ten_million() -> None:
    fields = table_rows(GeoOrigin(-33.9, 18.4), "database", "noon", view(0.0))[0].file.split("@")
    assert fields[3:5] == ["34", "H"]
    assert 6.0e6 < float(fields[2]) < 6.5e6


@pytest.mark.parametrize(("yaw_deg", "heading"), [(0.0, 90.0), (90.0, 0.0), (180.0, 270.0), (-90.0, 180.0)])
def test_headings_are_those_of_a_compass(yaw_deg: float, heading: float) -> None:
    row = table_rows(GeoOrigin(50.0, 9.0), "queries_night", "night", view(np.radians(yaw_deg)))[0]
    assert float(row.file.split("@")[9]) == pytest.approx(heading)
    assert row.yaw_deg == pytest.approx(yaw_deg)


def test_labels_have_the_name_of_their_photo_and_rows_fit_the_header() -> None:
    row = table_rows(GeoOrigin(50.0, 9.0), "queries_night", "night", view(0.0))[0]
    assert row.label_file == "labels/" + row.file.removesuffix(".jpg") + ".png"
    assert len(row.as_texts()) == len(PhotoRow.HEADER)
    assert row.as_texts()[PhotoRow.HEADER.index("condition")] == "night"
