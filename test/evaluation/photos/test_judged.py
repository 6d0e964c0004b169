from dataclasses import replace

import numpy as np

from geoloc_ros.evaluation.photos.judged import judge_photos, middle_photos

from .street import PLACES, places_seen, searched, street

ALL = list(range(PLACES))


def test_a_camera_that_knows_its_place_is_always_right_by_every_way_but_mode() -> None:
    judged = judge_photos(searched(street("query", ALL), places_seen(ALL)), "plain", seed=0)
    assert judged.recalls[0].share == (1.0, 1.0, 1.0, 1.0)
    assert {way.name: way.share[0] for way in judged.sequences if way.name != "mode"} == dict.fromkeys(
        ("single", "cat", "min", "im2seq", "tracker", "tracker_waits", "max", "avg"), 1.0
    )


def test_right_is_up_to_25_m_and_with_the_view_up_to_40_degrees() -> None:
    """Photos of two places on are 20 m off, of three 30 m."""
    near, far = (searched(street("query", [5]), places_seen([place])) for place in (7, 8))
    assert [judge_photos(each, "plain", seed=0).recalls[0].share[0] for each in (near, far)] == [1.0, 0.0]
    turned = replace(near, queries=replace(near.queries, yaw_rad=np.radians([41.0])))
    assert judge_photos(turned, "plain", seed=0).rank[0] == 0.0
    assert np.isnan(judge_photos(turned, "sls", seed=0).rank[0])
    almost = replace(near, queries=replace(near.queries, yaw_rad=np.radians([39.0])))
    assert judge_photos(almost, "sls", seed=0).rank[0] == 0.0


def test_sls_asks_the_photo_in_the_middle_of_each_drive() -> None:
    photos = replace(street("query", [0, 1, 2, 3, 4, 9]), sequence=np.array([2, 2, 2, 7, 7, -1], np.int32))
    assert middle_photos(photos).tolist() == [1, 3, 5]


def test_a_photo_searched_among_its_own_does_not_answer_itself() -> None:
    judged = judge_photos(searched(street("photo", ALL), places_seen(ALL), own=np.arange(PLACES)), "plain", seed=0)
    assert not (judged.retrieved.found.row == np.arange(PLACES)[:, None]).any()
    assert judged.positives.of(10).tolist() == [8, 9, 11, 12]
    assert judged.sequences == ()


def test_a_part_is_searched_among_its_own_photos_only() -> None:
    """By night the camera is one place off; among day photos, which are the first ten, the last ones have no right."""
    retrieved = searched(street("query", ALL, "night"), places_seen([*range(1, PLACES), 19]))
    database = replace(retrieved.database, condition=("day",) * 10 + ("night",) * 10)
    judged = judge_photos(replace(retrieved, database=database), "plain", seed=0)
    part = {each.name: each for each in judged.recalls}["night among day"]
    assert (part.asked, part.judged, part.photos) == (20, 12, 10)
    # Nine see a day photo; the other three see none of them, and get any.
    assert part.share[0] >= 9 / 12
    assert judged.recalls[0].share[0] == 1.0


def test_a_photo_does_not_answer_itself_in_its_city_either() -> None:
    """Every photo sees itself and, less, the next one; in a city of its own it must still be the next one."""
    described = (places_seen(ALL) + 0.1 * places_seen([*range(1, PLACES), 0])) / np.hypot(1.0, 0.1)
    retrieved = searched(street("photo", ALL), places_seen(ALL), own=np.arange(PLACES))
    city = retrieved.search_part(np.array([12, 14]), np.arange(10, 20))
    assert not (city == np.array([[2], [4]])).any()
    assert city.shape == (2, 9)
    seeing = replace(retrieved, query_descriptors=described.astype(np.float32))
    assert seeing.search_part(np.array([12, 14]), np.arange(10, 20))[:, 0].tolist() == [3, 5]
