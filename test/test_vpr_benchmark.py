import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoloc_ros.core.photos import PhotoSet, photo_set

STRIPES = np.tile(np.repeat(np.array([40, 200], np.uint8), 16), 4)


@pytest.fixture
def recall(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """How descriptors are judged."""
    monkeypatch.syspath_prepend(root / "benchmarks")
    return importlib.import_module("_vpr_recall")


def photos(east_m: list[float], yaw_rad: list[float], condition: str) -> PhotoSet:
    count = len(east_m)
    return photo_set(
        "street", Path(), tuple(map(str, range(count))), np.column_stack([east_m, np.zeros(count)]),
        yaw_rad=np.array(yaw_rad), condition=(condition,) * count,
    )


@pytest.mark.parametrize("name", ["raw", "colour", "hog"])
def test_plain_descriptors_are_of_unit_length_and_tell_photos_apart(recall: Any, name: str) -> None:
    upright = np.repeat(np.tile(STRIPES, (96, 1))[..., None], 3, axis=2)
    lying = np.repeat(np.repeat(STRIPES[:96, None], 128, axis=1)[..., None], 3, axis=2)
    one, same, other = recall.BASELINES[name]([upright, upright, lying])
    assert np.linalg.norm([one, other], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert one @ same == pytest.approx(1.0, abs=1e-5)
    assert one @ other < 1.0 or name == "colour", "the same colours in the same parts"


def test_gradients_do_not_mind_the_light(recall: Any) -> None:
    image = np.random.default_rng(0).integers(0, 100, (96, 128, 3), dtype=np.uint8)
    dark, bright = recall.hog_descriptors([image, 2 * image])
    assert dark @ bright > 0.999


def test_a_photo_the_other_way_is_near_and_not_right(recall: Any) -> None:
    database = photos([0.0, 100.0], [0.0, 0.0], "noon")
    scene = recall.make_scene(database, photos([10.0, 10.0], [0.1, np.pi], "night"))
    assert scene.positives.of(0).tolist() == [0] and scene.positives.of(1).tolist() == []
    assert scene.near.of(1).tolist() == [0]
    assert scene.chance() == 0.25


def test_the_chart_shows_every_method_and_condition(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(root / "benchmarks")
    chart = importlib.import_module("_vpr_chart")
    rows = [{"method": name, "condition": "night", "r1": share} for name, share in (("gem", 0.25), ("crn", 0.875))]
    chart.write_chart(rows, ("noon", "night"), "title", tmp_path / "chart.svg")
    text = (tmp_path / "chart.svg").read_text()
    assert all(word in text for word in ("gem", "crn", "noon", "night", ">25.0<", ">87.5<"))
