from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.types import Bool, UInt8
from geoloc_ros.datasets.curation.daylight import DaylightJudge, image_file, is_night

Colour = tuple[int, int, int]
BLUE_SKY, GREY_SKY, BLACK_SKY, LIT_SKY = (120, 170, 230), (200, 200, 205), (12, 12, 20), (110, 70, 30)


def street(sky: Colour, ground: Colour = (90, 90, 90)) -> UInt8:
    image = np.full((60, 80, 3), ground, np.uint8)
    image[:20] = sky
    return image


def upper_third(image: UInt8) -> Bool:
    sky = np.zeros(image.shape[:2], bool)
    sky[: len(sky) // 3] = True
    return sky


def no_sky(image: UInt8) -> Bool:
    return np.zeros(image.shape[:2], bool)


@pytest.mark.parametrize(
    ("sky", "expected"), [(BLUE_SKY, False), (GREY_SKY, False), (BLACK_SKY, True), (LIT_SKY, True)]
)
def test_the_sky_tells_day_from_night(sky: Colour, expected: bool) -> None:
    assert is_night(street(sky), upper_third(street(sky))) == expected


def test_dark_ground_under_a_bright_sky_is_day() -> None:
    image = street(GREY_SKY, (20, 20, 20))
    assert not is_night(image, upper_third(image))


@pytest.mark.parametrize(("colour", "expected"), [((90, 90, 90), False), ((30, 30, 30), True), ((100, 65, 20), True)])
def test_without_a_sky_the_whole_image_tells(colour: Colour, expected: bool) -> None:
    image = street(colour, colour)
    assert is_night(image, no_sky(image)) == expected


def test_the_majority_of_a_sequence_decides_and_missing_images_do_not_vote(tmp_path: Path) -> None:
    for name, sky in (("a", BLACK_SKY), ("b", BLACK_SKY), ("c", BLUE_SKY)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), street(sky)[..., ::-1])
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    judge = DaylightJudge(tmp_path, upper_third)
    assert judge.of_sequence((("a", ""), ("b", ""), ("c", ""), ("missing", ""))) == "night"
    assert judge.of_sequence((("c", ""), ("x", "c.png"), ("a", ""))) == "day"
    assert judge.of_sequence((("missing", ""), ("broken", "broken.jpg"))) == ""


def test_a_table_cannot_point_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "images" / "1.jpg").write_bytes(b"x")
    assert image_file(tmp_path / "images", "1", "../secret.jpg") is None
    assert image_file(tmp_path / "images", "1", "") == tmp_path / "images" / "1.jpg"
