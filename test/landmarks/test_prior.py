import numpy as np
import pytest

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Pose3
from geoloc_ros.landmarks.pose_refinement import moved
from geoloc_ros.landmarks.prior import CameraPrior

AHEAD = Pose3(np.eye(3), np.zeros(3))
TOWARDS = np.array([(0.0, 0.0, -1.0)], np.float32)


def shows(point_m: tuple[float, float, float], prior: CameraPrior, normal: np.ndarray = TOWARDS) -> bool:
    return bool(prior.may_show(np.array([point_m]), normal, np.radians(30.0), 2.0)[0])


def test_what_is_ahead_may_be_seen_and_what_is_beside_may_not() -> None:
    prior = CameraPrior(AHEAD, 0.1, np.radians(5.0))
    assert shows((0.0, 0.0, 10.0), prior)
    # 45 degrees aside: beyond 30 and twice 5; in view of one that is unsure of its direction or very near.
    assert not shows((10.0, 0.0, 10.0), prior)
    assert shows((10.0, 0.0, 10.0), CameraPrior(AHEAD, 0.1, np.radians(10.0)))
    assert shows((10.0, 0.0, 10.0), CameraPrior(AHEAD, 2.0, np.radians(5.0)))
    assert shows((0.05, 0.0, -0.05), prior)
    assert not shows((0.0, 0.0, -10.0), prior)


def test_backs_are_not_seen_unless_the_camera_may_be_behind() -> None:
    prior = CameraPrior(AHEAD, 0.1, np.radians(5.0))
    assert not shows((0.0, 0.0, 10.0), prior, -TOWARDS)
    assert shows((0.0, 0.0, 0.15), prior, -TOWARDS)


def test_a_pose_agrees_within_so_many_sigmas() -> None:
    prior = CameraPrior(AHEAD, 0.1, np.radians(5.0))
    assert prior.agrees(moved(AHEAD, np.array([0.0, 0.19, 0.0, 0.0, np.radians(9.0), 0.0])), 2.0)
    assert not prior.agrees(moved(AHEAD, np.array([0.0, 0.21, 0.0, 0.0, 0.0, 0.0])), 2.0)
    assert not prior.agrees(moved(AHEAD, np.array([0.0, 0.0, 0.0, 0.0, np.radians(11.0), 0.0])), 2.0)


@pytest.mark.parametrize(("sigma_m", "x_m"), [(0.0, 0.0), (np.nan, 0.0), (1.0, np.inf)])
def test_what_is_no_prior_is_refused(sigma_m: float, x_m: float) -> None:
    with pytest.raises(ObservationError, match="leave it out"):
        CameraPrior(Pose3(np.eye(3), np.array([x_m, 0.0, 0.0])), sigma_m, 0.1)
