import re
from pathlib import Path

import cv2
import numpy as np

from geoloc_ros.core.photos import PhotoCollection, PhotoProblem, photo_set
from geoloc_ros.evaluation.collection_page.contents import contents_of
from geoloc_ros.evaluation.collection_page.page import write_collection_page


def make_collection(folder: Path) -> PhotoCollection:
    cv2.imwrite(str(folder / "a.png"), np.full((6, 8, 3), 200, np.uint8))
    (folder / "broken.png").write_bytes(b"x")
    (folder / "empty.png").touch()
    database = photo_set(
        "my <street>", folder, ("a.png", "broken.png", "empty.png", "gone.png"),
        np.array([[0.0, 0.0], [100.0, 50.0], [0.0, 20.0], [0.0, 50.0]]),
        condition=("noon",) * 4, yaw_rad=np.array([0.0, np.nan, np.nan, np.nan]), stamp_ns=np.arange(4),
    )
    queries = photo_set("my <street>", folder, ("a.png",), np.array([[50.0, 50.0]]), condition=("<night>",))
    return PhotoCollection(database, queries, (PhotoProblem("<x>.jpg", "no position in its EXIF"),))


def test_the_page_shows_photos_map_and_problems_and_loads_nothing(tmp_path: Path) -> None:
    collection = make_collection(tmp_path)
    page = tmp_path / "page.html"
    write_collection_page(collection, contents_of(collection, "by hand"), page)
    text = page.read_text()
    assert "my &lt;street&gt;" in text and "<street>" not in text and "&lt;x&gt;.jpg" in text
    assert text.count("<img ") == 2  # what cannot be opened is not shown
    assert "noon, 90° from north" in text and "1970-01" in text
    assert not re.findall(r'(?:src|href)="(?!data:)', text) and "http" not in text
    before = page.read_bytes()
    write_collection_page(collection, contents_of(collection, "by hand"), page)
    assert page.read_bytes() == before


def test_every_photo_is_a_dot_of_its_colour(tmp_path: Path) -> None:
    collection = make_collection(tmp_path)
    write_collection_page(collection, contents_of(collection, "by hand"), tmp_path / "page.html")
    dots = dict(re.findall(r'<path d="([^"]*)" class="([^"]*)"', (tmp_path / "page.html").read_text()))
    assert sorted((class_, data.count("M")) for data, class_ in dots.items()) == [
        ("database series-1", 4), ("query series-2", 1),
    ]  # fmt: skip
