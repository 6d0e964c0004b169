from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.landmarks import CameraAnswer, NotFound
from geoloc_ros.core.types import UInt8
from geoloc_ros.evaluation.landmarks.judged import judge_views, view_distance_m

from .landmark_views import CAMERA, answer, posed_images


def brightness(image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
    """As far off as the image is bright; refuses the darkest."""
    assert camera == CAMERA
    if image.max() == 40:
        raise ObservationError("too dark")
    return answer(float(image.mean()) / 100.0)


def test_every_view_is_asked_with_its_own_camera_and_what_is_refused_is_not_found(tmp_path: Path) -> None:
    judged = judge_views(brightness, posed_images(tmp_path, 3), np.full(3, 2.0), 0)
    assert judged.answers[0] == NotFound("too dark", 0)
    assert judged.errors.position_m[1:] == pytest.approx([0.41, 0.42])


def test_a_view_draws_the_same_whatever_was_asked_before(tmp_path: Path) -> None:
    images = posed_images(tmp_path, 3)
    drawn = {}

    def find(image: UInt8, camera: Camera, rng: np.random.Generator) -> CameraAnswer:
        drawn.setdefault(int(image.max()), []).append(rng.random())
        return answer(0.0)

    judge_views(find, images, np.zeros(3), 5)
    judge_views(find, images.take(np.array([0])), np.zeros(1), 5)
    assert drawn[40][0] == drawn[40][1] and len({values[0] for values in drawn.values()}) == 3


def test_images_are_changed_before_they_are_asked(tmp_path: Path) -> None:
    judged = judge_views(
        brightness, posed_images(tmp_path, 2), np.zeros(2), 0, change=lambda image, rng: np.full_like(image, 200)
    )
    assert judged.errors.position_m == pytest.approx([2.0, 2.0])


def test_the_distance_is_the_median_of_the_depth(tmp_path: Path) -> None:
    assert view_distance_m(posed_images(tmp_path, 2, 2.5)) == pytest.approx([2.5, 2.5])


def test_without_depth_nobody_knows_the_distance_and_a_lost_file_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert np.isnan(view_distance_m(posed_images(tmp_path, 1, None))).all()
    images = posed_images(tmp_path, 1)
    (tmp_path / "0.depth.png").unlink()
    assert np.isnan(view_distance_m(images)).all() and "0.depth.png" in caplog.text
