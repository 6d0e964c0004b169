"""Perception, localizer and map server; with `photos` place recognition, with `landmarks` poses to centimetres.

Arguments are named as in Nav2. `map` is a folder made by `geoloc index`, `photos` one made by `geoloc photos index`,
`landmarks` one made by `geoloc train landmarks`, or a folder of several of them.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, NotEqualsSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

CAMERA_TOPICS = ("image", "image/compressed", "camera_info")
SHARE = Path(get_package_share_directory("geoloc_ros"))


def generate_launch_description() -> LaunchDescription:
    namespace = LaunchConfiguration("namespace")
    common = {
        "package": "geoloc_ros",
        "namespace": namespace,
        "output": "screen",
        "respawn": LaunchConfiguration("use_respawn"),
        "respawn_delay": 2.0,
        "arguments": ["--ros-args", "--log-level", LaunchConfiguration("log_level")],
    }
    parameters = _parameters("index_path", "map")
    # Of the camera's images, and only where their folder is given.
    place_recognition = Node(
        executable="place_recognition",
        name="place_recognition",
        remappings=[(topic, [LaunchConfiguration("camera"), "/", topic]) for topic in CAMERA_TOPICS],
        parameters=_parameters("photos_path", "photos"),
        condition=IfCondition(NotEqualsSubstitution(LaunchConfiguration("photos"), "")),
        **common,
    )
    landmarks = Node(
        executable="landmarks",
        name="landmarks",
        remappings=[(topic, [LaunchConfiguration("camera"), "/", topic]) for topic in CAMERA_TOPICS],
        parameters=_parameters("landmarks_path", "landmarks"),
        condition=IfCondition(NotEqualsSubstitution(LaunchConfiguration("landmarks"), "")),
        **common,
    )
    perception = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / "launch" / "perception.launch.py")),
        launch_arguments={
            name: LaunchConfiguration(name)
            for name in ("namespace", "params_file", "use_sim_time", "autostart", "log_level", "use_respawn", "camera")
        }.items(),
    )
    return LaunchDescription(
        [
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of the nodes"),
            DeclareLaunchArgument("map", description="Index folder to localize in"),
            DeclareLaunchArgument("photos", default_value="", description="Photo index to look images up in"),
            DeclareLaunchArgument("landmarks", default_value="", description="Learnt scenes to look for in images"),
            DeclareLaunchArgument(
                "params_file", default_value=str(SHARE / "config" / "localization.yaml"), description="Parameter file"
            ),
            DeclareLaunchArgument("use_sim_time", default_value="false", description="Time comes from /clock"),
            DeclareLaunchArgument(
                "autostart", default_value="true", description="false: wait for a lifecycle manager, e.g. Nav2's"
            ),
            DeclareLaunchArgument("log_level", default_value="info", description="Of the nodes"),
            DeclareLaunchArgument("use_respawn", default_value="false", description="Start a node again that ends"),
            DeclareLaunchArgument("camera", default_value="camera", description="Name over the camera's topics"),
            Node(executable="map_server", name="map_server", parameters=parameters, **common),
            Node(executable="localizer", name="localizer", parameters=parameters, **common),
            place_recognition,
            landmarks,
            perception,
        ]
    )


def _parameters(path_name: str, argument: str) -> list[object]:
    """Of a node whose parameter `path_name` is the launch argument `argument`."""
    return [
        ParameterFile(LaunchConfiguration("params_file"), allow_substs=True),
        {
            path_name: ParameterValue(LaunchConfiguration(argument), value_type=str),
            "use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool),
            "autostart": ParameterValue(LaunchConfiguration("autostart"), value_type=bool),
        },
    ]
