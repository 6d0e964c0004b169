"""Camera, landmarks and localizer over real DDS, where the map shows nothing: a vehicle drives up to a wall."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytestmark = pytest.mark.ros

from geometry_msgs.msg import PoseWithCovarianceStamped  # noqa: E402
from nav_msgs.msg import Odometry  # noqa: E402
from rclpy.lifecycle import TransitionCallbackReturn  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from geoloc_ros.core.scene_place import ScenePlace  # noqa: E402
from geoloc_ros.core.types import LocalizationStatus, Pose2, Pose3  # noqa: E402
from geoloc_ros.ros.conversions import to_pose2, to_stamp_ns, to_time  # noqa: E402
from geoloc_ros.ros.landmarks import LandmarksNode  # noqa: E402
from geoloc_ros.ros.qos import LATCHED_QOS  # noqa: E402
from geoloc_ros.ros.sensors import to_camera_info, to_image  # noqa: E402
from geoloc_ros.ros.tf import TF_STATIC_QOS  # noqa: E402

from ..landmarks.painted_scene import CAMERA, painted, write_painted_scene  # noqa: E402
from .test_landmarks import MAP_FROM_SCENE, MOUNT, mount_message, parameters_of, send_until  # noqa: E402
from .vehicle import Vehicle  # noqa: E402

SECOND = 1_000_000_000
STEP_M = 0.1


def test_images_alone_make_a_fix_that_leads_the_next_image_to_its_scene(
    world: Any, tiny_index: Path, tmp_path: Path
) -> None:
    write_painted_scene(tmp_path, ScenePlace(MAP_FROM_SCENE, None))
    vehicle = Vehicle(world, tiny_index)
    said = world.hear(PoseWithCovarianceStamped, "pose", LATCHED_QOS)
    carried = world.hear(Odometry, "odometry/global", 100)
    images = world.node.create_publisher(Image, "image", 10)
    infos = world.node.create_publisher(CameraInfo, "camera_info", 10)
    static = world.node.create_publisher(TFMessage, "/tf_static", TF_STATIC_QOS)
    static.publish(TFMessage(transforms=[mount_message()]))
    node = LandmarksNode(parameter_overrides=parameters_of(tmp_path))
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    world.add(node)
    world.until(lambda: images.get_subscription_count() and infos.get_subscription_count())
    world.until(lambda: node._transforms._parent and vehicle.node.count_publishers("pose_refined"))
    world.until(lambda: node.count_subscribers("pose_refined") and node.count_publishers("odometry/global"))
    for step in range(1, 10):
        ahead_m = STEP_M * step - 0.5
        stamp_ns = step * SECOND
        header = Header(stamp=to_time(stamp_ns), frame_id="camera_optical")
        vehicle.send_odometry(stamp_ns, STEP_M * step)
        infos.publish(to_camera_info(CAMERA, header))
        world.until(lambda: node._info is not None)
        image = to_image(painted(Pose3(np.eye(3), np.array([0.0, 0.0, ahead_m]))), "rgb8", header)
        send_until(
            lambda image=image: images.publish(image),
            lambda step=step: vehicle.node.health.counted("poses of others") == step,
        )
        vehicle.send_scan(stamp_ns, viewpoint=step)  # of somewhere else on the map: it does not help
        world.until(lambda stamp_ns=stamp_ns: to_stamp_ns(vehicle.states[-1].header.stamp) == stamp_ns)
    assert vehicle.states[-1].state == LocalizationStatus.INITIALIZED
    world.until(lambda: said and carried and node._poses._poses)
    camera = MAP_FROM_SCENE @ Pose3(np.eye(3), np.array([0.0, 0.0, ahead_m]))
    truth = (camera @ MOUNT.inverse()).translation_m
    pose: Pose2 = to_pose2(said[-1].pose.pose)
    assert (pose.x_m, pose.y_m, pose.yaw_rad) == pytest.approx((truth[0], truth[1], np.pi / 2.0), abs=0.05)
