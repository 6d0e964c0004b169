"""The evaluator node over real DDS."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from diagnostic_msgs.msg import DiagnosticArray  # noqa: E402
from geometry_msgs.msg import PoseWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from std_msgs.msg import Float64  # noqa: E402
from visualization_msgs.msg import Marker, MarkerArray  # noqa: E402

from geoloc_ros.core.types import LocalizationStatus  # noqa: E402
from geoloc_ros.msg import LocalizationState, SemanticScan  # noqa: E402
from geoloc_ros.ros.conversions import to_time  # noqa: E402
from geoloc_ros.ros.evaluator import EvaluatorNode  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@pytest.fixture
def evaluator(world: Any, tmp_path: Path) -> EvaluatorNode:
    node = EvaluatorNode(parameter_overrides=[Parameter("output_folder", value=str(tmp_path / "judged"))])
    node.trigger_configure()
    node.trigger_activate()
    return world.add(node)


class Drive:
    """A vehicle that drives 10 m/s east, and a localizer that sees it 2 m north with a deviation of 1 m."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.truth = world.node.create_publisher(Odometry, "ground_truth", 100)
        self.pose = world.node.create_publisher(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
        self.state = world.node.create_publisher(LocalizationState, "localization_state", 100)
        publishers = (self.truth, self.pose, self.state)
        world.until(lambda: all(publisher.get_subscription_count() for publisher in publishers))

    def frame(self, second: int) -> None:
        """State and pose, then the truth of that second."""
        stamp = to_time(START + second * SECOND)
        pose = PoseWithCovarianceStamped()
        pose.header.stamp = stamp
        pose.pose.pose.position.x, pose.pose.pose.position.y = 10.0 * second, 2.0
        pose.pose.pose.orientation.w = 1.0
        for diagonal in (0, 7, 35):
            pose.pose.covariance[diagonal] = 1.0
        self.pose.publish(pose)
        state = LocalizationState(state=int(LocalizationStatus.INITIALIZED), probability=0.95, chance=1e-3)
        state.header.stamp = stamp
        self.state.publish(state)
        truth = Odometry()
        truth.header.stamp = stamp
        truth.pose.pose.position.x, truth.pose.pose.orientation.w = 10.0 * second, 1.0
        self.truth.publish(truth)


def test_errors_are_published_and_figures_written_at_the_end(
    world: Any, evaluator: EvaluatorNode, tmp_path: Path
) -> None:
    errors, nees = (world.hear(Float64, f"evaluation/{name}") for name in ("position_error", "nees"))
    drive = Drive(world)
    world.until(lambda: world.node.count_publishers("evaluation/nees"))
    for second in range(12):
        drive.frame(second)
        world.until(lambda wanted=second: evaluator.health.counted("fixes judged") >= wanted)
    world.until(lambda: len(errors) >= 10 and len(nees) >= 10)
    assert errors[0].data == pytest.approx(2.0) and nees[0].data == pytest.approx(4.0)
    evaluator.trigger_deactivate()
    results = json.loads((tmp_path / "judged" / "results.json").read_text())
    (condition,) = results["conditions"]
    figures = {figure["name"]: figure["value"] for figure in condition["figures"]}
    assert figures["median_error_m"] == pytest.approx(2.0) and figures["found"] == 100.0
    assert (tmp_path / "judged" / "evaluation.html").is_file()
    assert (tmp_path / "judged" / "live" / "drive_1" / "frames.csv").read_text().count("\n") == 13


def test_a_replay_that_starts_again_is_a_drive_of_its_own(
    world: Any, evaluator: EvaluatorNode, tmp_path: Path
) -> None:
    drive = Drive(world)
    for second in [*range(8), *range(9)]:
        drive.frame(second)
    world.until(lambda: evaluator.health.counted("fixes judged") >= 9)
    evaluator.trigger_deactivate()
    assert {path.name for path in (tmp_path / "judged" / "live").iterdir()} == {"drive_1", "drive_2"}


def test_diagnostics_tell_the_figures_so_far(world: Any, evaluator: EvaluatorNode) -> None:
    told: list[DiagnosticArray] = world.hear(DiagnosticArray, "/diagnostics")
    drive = Drive(world)
    for second in range(4):
        drive.frame(second)

    def value() -> str | None:
        values = [entry for message in told for entry in message.status[0].values]
        return next((entry.value for entry in reversed(values) if entry.key == "median_error_m"), None)

    world.until(lambda: value() == "2.00 m")


def test_a_folder_that_cannot_be_made_fails_the_transition(world: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    node = EvaluatorNode(parameter_overrides=[Parameter("output_folder", value=str(tmp_path / "file" / "below"))])
    world.add(node)
    assert node.trigger_configure() == TransitionCallbackReturn.FAILURE


def test_the_map_is_judged_too_where_one_is_given(world: Any, tiny_index: Path, tmp_path: Path) -> None:
    parameters = {"output_folder": str(tmp_path / "judged"), "index_path": str(tiny_index), "map_diff_period_s": 1.0}
    node = EvaluatorNode(parameter_overrides=[Parameter(name, value=value) for name, value in parameters.items()])
    node.trigger_configure()
    node.trigger_activate()
    world.add(node)
    markers = world.hear(MarkerArray, "map/differences", LATCHED_QOS)
    scans = world.node.create_publisher(SemanticScan, "scan", 10)
    drive = Drive(world)
    world.until(scans.get_subscription_count)
    for second in range(3):
        drive.frame(second)
        scan = SemanticScan(range_m=[5.0] * 8, instance=[0] * 8, observed=[1] * 8, descriptor=[0.0])
        scan.header.stamp = to_time(START + second * SECOND)
        scans.publish(scan)
    world.until(lambda: markers)
    assert markers[0].markers[0].action == Marker.DELETEALL and markers[0].markers[0].header.frame_id == "map"
    node.trigger_deactivate()
    assert json.loads((tmp_path / "judged" / "map_diff.geojson").read_text())["type"] == "FeatureCollection"
