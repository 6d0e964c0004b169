import csv
from pathlib import Path

import numpy as np

from geoloc_ros.core.landmarks import CameraPose, NotFound
from geoloc_ros.core.types import Pose3
from geoloc_ros.evaluation.landmarks.image_answers import ImageAnswer, common_reasons, write_answers

HERE = Pose3(np.eye(3), np.array([1.0, 2.0, 3.0]))
COVARIANCE = np.diag([0.01, 0.04, 0.04, 0.0, 0.0, np.radians(2.0) ** 2])
POSE = CameraPose(HERE, COVARIANCE, 9, np.arange(1, 8, dtype=np.int32), 0.5, -20.0)


def lost(reason: str) -> ImageAnswer:
    return ImageAnswer("b.png", 2, "hall", NotFound(reason, 4), None)


def test_a_line_says_where_how_sure_and_by_what(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.csv", [ImageAnswer("a.png", 1, "hall", POSE, HERE), lost("only 4 agree")])
    with (tmp_path / "a.csv").open() as stream:
        found, missing = csv.DictReader(stream)
    assert (found["found"], found["x_m"], found["z_m"], found["qw"]) == ("1", "1.00000", "3.00000", "1.0000000")
    assert (found["sigma_m"], found["sigma_deg"]) == ("0.30000", "2.0000")
    assert (found["landmarks"], found["inliers"], found["reason"]) == ("9", "7", "")
    assert (missing["found"], missing["x_m"], missing["landmarks"], missing["reason"]) == ("0", "", "4", "only 4 agree")


def test_reasons_that_differ_in_numbers_are_one_kind() -> None:
    answers = [lost("4 of 9 agree"), lost("too dark"), lost("5 of 8 agree"), ImageAnswer("a", 1, "hall", POSE, HERE)]
    assert list(common_reasons(answers, 5)) == [(2, "4 of 9 agree"), (1, "too dark")]
    assert list(common_reasons(answers, 1)) == [(2, "4 of 9 agree")]
