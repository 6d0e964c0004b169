"""Localize a recorded drive with live nodes, judge it meanwhile and write trace and figures; all ends with the bag."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription, Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

SHARE = Path(get_package_share_directory("geoloc_ros"))
PASSED_ON = ("namespace", "map", "params_file", "log_level")


def generate_launch_description() -> LaunchDescription:
    nodes = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / "launch" / "localization.launch.py")),
        launch_arguments={
            **{name: LaunchConfiguration(name) for name in PASSED_ON},
            "use_sim_time": "true",
            "autostart": "true",
        }.items(),
    )
    record = ParameterValue(LaunchConfiguration("record"), value_type=str)
    index = ParameterValue(LaunchConfiguration("map"), value_type=str)
    evaluator = Node(
        package="geoloc_ros",
        executable="evaluator",
        name="evaluator",
        namespace=LaunchConfiguration("namespace"),
        parameters=[
            ParameterFile(LaunchConfiguration("params_file"), allow_substs=True),
            {"output_folder": record, "index_path": index, "use_sim_time": True, "autostart": True},
        ],
        remappings=[("ground_truth", "/ground_truth")],  # of the bag, whose names are absolute
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        output="screen",
    )
    player = ExecuteProcess(
        cmd=[
            "geoloc", "play", LaunchConfiguration("bag"), "--clock", "--rate", LaunchConfiguration("rate"),
            "--namespace", LaunchConfiguration("namespace"), "--record", LaunchConfiguration("record"),
        ],
        output="screen",
        on_exit=Shutdown(),
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="Bag to play"),
            DeclareLaunchArgument("rate", default_value="1.0", description="Of the bag, times real time"),
            DeclareLaunchArgument("record", default_value="live", description="Folder for trace and figures"),
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the nodes"),
            DeclareLaunchArgument("map", description="Index folder to localize in"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "localization.yaml"), description="Parameter file"
            ),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the nodes"),
            nodes,
            evaluator,
            player,
        ]
    )
