"""The localizer in AMCL's place, driven by Nav2's lifecycle manager; start Nav2's navigation_launch.py beside it."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node, SetRemap
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

SHARE = Path(get_package_share_directory("geoloc_ros"))
PASSED_ON = ("namespace", "map", "landmarks", "params_file", "use_sim_time", "log_level", "camera")


def generate_launch_description() -> LaunchDescription:
    nodes = GroupAction(
        [
            SetRemap("pose", "amcl_pose"),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(str(SHARE / "launch" / "localization.launch.py")),
                launch_arguments={
                    **{name: LaunchConfiguration(name) for name in PASSED_ON},
                    # The manager does it. It would not do it again for a node that was started again.
                    "autostart": "false",
                    "use_respawn": "false",
                }.items(),
            ),
        ]
    )
    manager = Node(
        package="nav2_lifecycle_manager",
        executable="lifecycle_manager",
        name="lifecycle_manager_localization",
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
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
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the nodes"),
            DeclareLaunchArgument("map", description="Index folder to localize in"),
            DeclareLaunchArgument("landmarks", default_value="", description="Learnt scenes to look for in images"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "nav2.yaml"), description="Parameter file"
            ),
            DeclareLaunchArgument("use_sim_time", default_value="false", description="Time comes from /clock"),
            DeclareLaunchArgument("autostart", default_value="true", description="The manager activates the nodes"),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the nodes"),
            DeclareLaunchArgument("camera", default_value="camera", description="Name over the camera's topics"),
            nodes,
            manager,
        ]
    )
