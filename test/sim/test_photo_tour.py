import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.noise import LEVELS
from geoloc_ros.sim.photo_tour import TABLE, PhotoTour, plan_tour, take_photos

pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")


@pytest.fixture(scope="module")
def tour(tiny_city: GeoMap) -> PhotoTour:
    camera = Camera.pinhole(32, 24, 1.4)
    return plan_tour(tiny_city, LEVELS["paper"].world, camera, 3, 4, 3, "noon", ("noon", "night"))


@pytest.fixture(scope="module")
def folder(tour: PhotoTour, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    assert take_photos(tour, folder, no_progress) == len(tour) == 8 + 3 + 3
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_table_names_every_photo_and_its_labels(folder: Path) -> None:
    with (folder / TABLE).open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["condition"] for row in rows] == ["noon"] * 11 + ["night"] * 3
    for row in rows:
        image, label = cv2.imread(str(folder / row["file"])), cv2.imread(str(folder / row["label_file"]), -1)
        assert image.shape == (24, 32, 3) and label.shape == (24, 32)
        assert set(np.unique(label)) <= {int(one) for one in SemanticClass}
    assert len(list(folder.rglob("*.jpg"))) == len(rows)


def test_nights_are_dark(folder: Path) -> None:
    def brightness(part: str) -> float:
        return float(np.mean([cv2.imread(str(file)).mean() for file in (folder / part).iterdir()]))

    assert brightness("queries_night") < 0.5 * brightness("queries_noon")


def test_an_interrupted_tour_goes_on_to_the_same_bytes(tour: PhotoTour, folder: Path, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def stop(stage: str, ratio: float) -> None:
        if ratio > 0.5:
            raise Interrupted

    with pytest.raises(Interrupted):
        take_photos(tour, tmp_path, stop)
    assert 0 < take_photos(tour, tmp_path, no_progress) < len(tour)
    assert content(tmp_path) == content(folder)
    assert take_photos(tour, tmp_path, no_progress) == 0


def test_buildings_are_equal_on_all_visits_and_vehicles_are_not(tour: PhotoTour) -> None:
    from geoloc_ros.sim.visit import world_of_visit

    days = [world_of_visit(tour.world, tour.geomap, tour.noise, np.zeros((1, 2)), [3, 12, day]) for day in (0, 1)]
    assert days[0].geomap is days[1].geomap and days[0].trees is days[1].trees and days[0].looks is days[1].looks
    assert not np.array_equal(days[0].vehicles.pose, days[1].vehicles.pose)


def test_a_folder_that_cannot_be_written_is_told(tour: PhotoTour, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="choose another place"):
        take_photos(tour, tmp_path / "file", no_progress)
