"""The perception node alone, for a machine near the camera. Arguments are named as in Nav2."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

SHARE = Path(get_package_share_directory("geoloc_ros"))
CAMERA_TOPICS = ("image", "camera_info", "depth", "points", "segmentation", "instances")


def generate_launch_description() -> LaunchDescription:
    node = Node(
        package="geoloc_ros",
        executable="perception",
        name="perception",
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        respawn=LaunchConfiguration("use_respawn"),
        respawn_delay=2.0,
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        remappings=[(topic, [LaunchConfiguration("camera"), "/", topic]) for topic in CAMERA_TOPICS],
        parameters=[
            ParameterFile(LaunchConfiguration("params_file"), allow_substs=True),
            {
                "use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool),
                "autostart": ParameterValue(LaunchConfiguration("autostart"), value_type=bool),
            },
        ],
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "localization.yaml"), description="Parameter file"
            ),
            DeclareLaunchArgument("use_sim_time", default_value="false", description="Time comes from /clock"),
            DeclareLaunchArgument(
                "autostart", default_value="true", description="false: wait for a lifecycle manager, e.g. Nav2's"
            ),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the node"),
            DeclareLaunchArgument("use_respawn", default_value="false", description="Start the node again if it ends"),
            DeclareLaunchArgument("camera", default_value="camera", description="Name over the camera's topics"),
            node,
        ]
    )
