"""benchmarks/segmentation.py on photos painted by hand, and on a made-up town."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.maps.geomap import GeoMap
from geoloc_ros.sim.osm_writer import write_osm

from .reading.street_by_hand import write_colour_network

FIGURES = ("building_iou", "mean_iou", "sim_building_iou", "sim_depth_absrel", "sim_boundary_f1")
SKY, BUILDING, ROAD, UNLABELLED = 0, 1, 3, 11
"""CamVid's."""


@pytest.fixture
def measure(root: Path, tiny_city: GeoMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs it on the photos in `tmp_path`, with a network that knows colours."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    write_osm(tiny_city, tmp_path / "town.osm")
    model = write_colour_network(tmp_path / "street.onnx")

    def run(*arguments: str) -> None:
        photos = ("--images", str(tmp_path / "images"), "--labels", str(tmp_path / "labels"))
        settings = ("--quick", "--map", str(tmp_path / "town.osm"), "--model", str(model), *photos)
        monkeypatch.setattr("sys.argv", ["segmentation.py", *settings, *arguments])
        module = importlib.import_module("segmentation")
        monkeypatch.setattr(module, "QUICK_SPOTS", 1)
        module.main()

    return run


def paint(folder: Path, name: str, width: int, height: int) -> None:
    """A photo of which the upper half is black, the lower left red and the rest green.

    Labels are half its size and agree, but the right half of the sky is building; strips along borders are unlabelled.
    """
    image, labels = np.zeros((height, width, 3), np.uint8), np.full((height // 2, width // 2), SKY, np.uint8)
    image[height // 2 :, : width // 2, 2] = image[height // 2 :, width // 2 :, 1] = 255
    labels[height // 4 :, : width // 4], labels[height // 4 :, width // 4 :] = BUILDING, ROAD
    labels[: height // 4, width // 4 :] = BUILDING
    # What lies on a border depends on how one resizes.
    labels[height // 4 - 4 : height // 4 + 4] = labels[:, width // 4 - 4 : width // 4 + 4] = UNLABELLED
    for kind, pixels in (("images", image), ("labels", labels)):
        (folder / kind).mkdir(exist_ok=True)
        cv2.imwrite(str(folder / kind / f"{name}.png"), pixels)


def test_the_promised_figures_are_written(measure: Callable[..., None], tmp_path: Path) -> None:
    pytest.importorskip("embreex", reason="the simulator's ray caster has wheels for x86-64 only")
    paint(tmp_path, "wide", 256, 128)
    paint(tmp_path, "high", 128, 192)

    measure("--json", str(tmp_path / "a.json"), "--figure", str(tmp_path / "figures"))

    result = json.loads((tmp_path / "a.json").read_text())
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    assert tuple(figures) == FIGURES
    # Half of all building is missed, and half of what is called sky is that.
    assert figures["building_iou"] == pytest.approx(0.5) and figures["mean_iou"] == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert [row["what"] for row in result["rows"]] == ["photos", "sim", "sim equirectangular", "sim pinhole"]
    assert len(list((tmp_path / "figures").iterdir())) == 2
