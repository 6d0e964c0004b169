"""The localizer as the absolute pose of an EKF of robot_localization, which then owns map -> odom."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

SHARE = Path(get_package_share_directory("geoloc_ros"))
PASSED_ON = (
    "namespace", "map", "landmarks", "params_file", "use_sim_time", "autostart", "log_level", "use_respawn", "camera"
)


def generate_launch_description() -> LaunchDescription:
    nodes = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / "launch" / "localization.launch.py")),
        launch_arguments={name: LaunchConfiguration(name) for name in PASSED_ON}.items(),
    )
    ekf = Node(
        package="robot_localization",
        executable="ekf_node",
        name="ekf_filter_node_map",
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        respawn=LaunchConfiguration("use_respawn"),
        respawn_delay=2.0,
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        # Another EKF, for odom -> base_link, may publish odometry/filtered.
        remappings=[("odometry/filtered", "odometry/filtered_map")],
        parameters=[
            ParameterFile(LaunchConfiguration("params_file"), allow_substs=True),
            {"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)},
        ],
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the nodes"),
            DeclareLaunchArgument("map", description="Index folder to localize in"),
            DeclareLaunchArgument("landmarks", default_value="", description="Learnt scenes to look for in images"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "robot_localization.yaml"),
                description="Parameter file",
            ),
            DeclareLaunchArgument("use_sim_time", default_value="false", description="Time comes from /clock"),
            DeclareLaunchArgument("autostart", default_value="true", description="Activate the nodes at once"),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the nodes"),
            DeclareLaunchArgument("use_respawn", default_value="false", description="Start a node again that ends"),
            DeclareLaunchArgument("camera", default_value="camera", description="Name over the camera's topics"),
            nodes,
            ekf,
        ]
    )
