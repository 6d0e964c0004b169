"""The localizer as a pose estimator of Autoware, with Autoware's pose initializer taking its first pose from it."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.launch_description_sources import AnyLaunchDescriptionSource, PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import SetRemap
from launch_ros.substitutions import FindPackageShare

SHARE = Path(get_package_share_directory("geoloc_ros"))
PASSED_ON = (
    "namespace", "map", "landmarks", "params_file", "use_sim_time", "autostart", "log_level", "use_respawn", "camera"
)
# What the EKF of Autoware fuses.
POSE = "/localization/pose_estimator/pose_with_covariance"


def generate_launch_description() -> LaunchDescription:
    nodes = GroupAction(
        [
            SetRemap("pose", POSE),
            SetRemap("twist", "/localization/twist_estimator/twist_with_covariance"),
            SetRemap("initialpose", "/initialpose"),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(SHARE / "launch" / "localization.launch.py")),
                launch_arguments={name: LaunchConfiguration(name) for name in PASSED_ON}.items(),
            ),
        ]
    )
    # It takes our pose where it would take that of a satellite receiver, passes it through, and resets the EKF with it.
    initializer = IncludeLaunchDescription(
        AnyLaunchDescriptionSource(
            [FindPackageShare("autoware_pose_initializer"), "/launch/pose_initializer.launch.xml"]
        ),
        launch_arguments={
            "ndt_enabled": "false", "yabloc_enabled": "false", "gnss_enabled": "true", "ekf_enabled": "true",
            "stop_check_enabled": LaunchConfiguration("stop_check"), "sub_gnss_pose_cov": POSE,
        }.items(),
        condition=IfCondition(LaunchConfiguration("pose_initializer")),
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="geoloc", description="Namespace of our nodes"),
            DeclareLaunchArgument("map", description="Index folder to localize in"),
            DeclareLaunchArgument("landmarks", default_value="", description="Learnt scenes to look for in images"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "autoware.yaml"), description="Parameter file"
            ),
            DeclareLaunchArgument("use_sim_time", default_value="false", description="Time comes from /clock"),
            DeclareLaunchArgument("autostart", default_value="true", description="Activate the nodes at once"),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the nodes"),
            DeclareLaunchArgument("use_respawn", default_value="false", description="Start a node again that ends"),
            DeclareLaunchArgument("camera", default_value="camera", description="Name over the camera's topics"),
            DeclareLaunchArgument(
                "pose_initializer", default_value="true", description="false: Autoware starts its own"
            ),
            DeclareLaunchArgument(
                "stop_check", default_value="false", description="Initialize only while the vehicle stands"
            ),
            nodes,
            initializer,
        ]
    )
