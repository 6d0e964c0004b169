from dataclasses import replace

import numpy as np

from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.evaluation.photos.subsets import Subset, find_subsets

from .street import street


def _named(queries: PhotoSet, database: PhotoSet) -> dict[str, Subset]:
    return {subset.name: subset for subset in find_subsets(queries, database)}


def _taken(photos: PhotoSet, dates: list[str], latitude_deg: float) -> PhotoSet:
    stamp_ns = np.array(dates, "datetime64[ns]").astype(np.int64)
    return replace(photos, stamp_ns=stamp_ns, geodetic_deg=np.full((len(photos), 2), latitude_deg))


def test_each_condition_is_searched_in_all_photos() -> None:
    queries = replace(street("query", [0, 1, 2]), condition=("night", "snow", "night"))
    found = _named(queries, street("photo", [0, 1]))
    assert found["night"].query.tolist() == [0, 2] and found["night"].database.tolist() == [0, 1]
    assert found["snow"].query.tolist() == [1]


def test_one_condition_for_all_is_no_part() -> None:
    assert find_subsets(street("query", [0, 1], "night"), street("photo", [0])) == ()


def test_day_is_searched_among_night_and_the_other_way_round_whatever_else_is_said() -> None:
    queries = replace(street("query", [0, 1]), condition=("day sideways", "night"))
    database = replace(street("photo", [0, 1, 2]), condition=("night", "day", "night sideways"))
    found = _named(queries, database)
    assert (found["day among night"].query.tolist(), found["day among night"].database.tolist()) == ([0], [0, 2])
    assert (found["night among day"].query.tolist(), found["night among day"].database.tolist()) == ([1], [1])


def test_summer_is_in_july_here_and_in_january_down_under() -> None:
    dates = ["2017-07-01", "2017-01-01"]
    north = _named(*(_taken(street(name, [0, 1]), dates, 45.0) for name in ("query", "photo")))
    south = _named(*(_taken(street(name, [0, 1]), dates, -33.0) for name in ("query", "photo")))
    assert (north["summer among winter"].query[0], north["summer among winter"].database[0]) == (0, 1)
    assert (south["summer among winter"].query[0], south["summer among winter"].database[0]) == (1, 0)


def test_old_is_until_2016_new_since_2018_and_2017_neither() -> None:
    dates = ["2016-12-31", "2017-06-01", "2018-01-01"]
    found = _named(*(_taken(street(name, [0, 1, 2]), dates, 0.0) for name in ("query", "photo")))
    assert (found["old among new"].query.tolist(), found["old among new"].database.tolist()) == ([0], [2])


def test_a_photo_of_no_known_date_is_in_no_season() -> None:
    photos = street("query", [0, 1])
    assert find_subsets(photos, photos) == ()


def test_cities_are_folders_that_queries_and_photos_share() -> None:
    def both(name: str) -> PhotoSet:
        return replace(street(name, [0, 1]), file=(f"porto/{name}.jpg", f"monaco/{name}.jpg"))

    found = _named(both("query"), both("photo"))
    assert (found["porto"].query.tolist(), found["porto"].database.tolist()) == ([0], [0])
    apart = (
        replace(street("query", [0]), file=("queries/a.jpg",)),
        replace(street("photo", [0]), file=("database/a.jpg",)),
    )
    assert find_subsets(*apart) == ()


def test_cities_lie_deeper_where_all_photos_are_in_one_folder_more_as_sls_is_published() -> None:
    def half(name: str, folder: str) -> PhotoSet:
        files = tuple(f"train_val/{city}/{folder}/images/{city}.jpg" for city in ("cph", "sf"))
        return replace(street(name, [0, 1]), file=files)

    found = _named(half("query", "query"), half("photo", "database"))
    assert list(found) == ["cph", "sf"]
    assert (found["sf"].query.tolist(), found["sf"].database.tolist()) == ([1], [1])
