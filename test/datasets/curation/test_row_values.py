import math

import pytest

from geoloc_ros.datasets.curation.row_values import BadRow, RowFields, Value, read_values

GOOD = RowFields("f1", 1_600_000_000_123, "me", 35.0, 135.0, 10.0, 12.0, "s", "a.jpg")


@pytest.mark.parametrize("time", [
    1_600_000_000_123, "1600000000123", "1600000000.123", "2020-09-13T12:26:40.123Z", "2020-09-13T12:26:40.123",
    "2020-09-13T14:26:40.123+02:00",
])  # fmt: skip
def test_times_are_read_in_all_their_forms(time: Value) -> None:
    assert read_values(GOOD._replace(time=time)).stamp_ms == 1_600_000_000_123


@pytest.mark.parametrize(("field", "value", "reason"), [
    ("frame", "", "no id"), ("user", None, "no user"), ("time", "", "no time"), ("time", "yesterday", "time is none"),
    ("time", -5, "time is none"), ("time", "nan", "time is none"), ("latitude", "north", "latitude is no number"),
    ("latitude", "nan", "latitude is no number"), ("latitude", 90.5, "latitude is over 90 degrees"),
    ("longitude", -181, "longitude is over 180 degrees"), ("compass", None, "no compass"),
    ("computed", "left", "computed compass is no number"), ("frame", "\ufffdx", "id is not UTF-8 text"),
])  # fmt: skip
def test_what_cannot_be_is_told(field: str, value: Value, reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        read_values(GOOD._replace(**{field: value}))


def test_null_island_is_no_position() -> None:
    with pytest.raises(BadRow, match="no position"):
        read_values(GOOD._replace(latitude="0", longitude=0.0))


def test_no_computed_compass_is_nan_and_no_sequence_is_zero() -> None:
    values = read_values(GOOD._replace(computed="", sequence=None))
    assert math.isnan(values.computed_deg) and values.sequence == 0
