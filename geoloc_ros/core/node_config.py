"""What each ROS node can be told: one tree per node, whose dotted names are the names of its parameters."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from geoloc_ros.core.config import (
    DescriptorConfig,
    IndexConfig,
    InferenceConfig,
    MapConfig,
    NetworksConfig,
    ObserveConfig,
    ScanConfig,
)
from geoloc_ros.core.landmark_config import CameraPoseConfig, ScenesConfig, VotingConfig
from geoloc_ros.core.localization_config import AlignConfig, LocalizerConfig, MotionConfig, TrackerConfig
from geoloc_ros.core.photo_config import PhotoConfig, SearchConfig
from geoloc_ros.core.section import Section
from geoloc_ros.core.view import DepthSource


class NodeConfig(Section):
    """Common to the nodes."""

    runtime_changeable: ClassVar[tuple[str, ...]] = ()
    """Parameters, or sections of them, that take effect at once; the others only at the next configure transition."""

    autostart: bool = Field(False, description="Configure and activate without waiting for a lifecycle manager")


class PerceptionNodeConfig(NodeConfig):
    """Images in, scan and descriptor out."""

    runtime_changeable: ClassVar[tuple[str, ...]] = ("observe",)

    base_frame: str = Field("base_link", min_length=1, description="Frame of the vehicle")
    cameras: tuple[str, ...] = Field(
        ("",), min_length=1, description="Names of the cameras, e.g. [left, right] for left/image; '' is one without"
    )
    labels: Literal["network", "topic"] = Field(
        "network", description="Who tells the classes: our network from `image`, or another node on `segmentation`"
    )
    depth_sources: tuple[DepthSource, ...] = Field(
        ("depth", "network"), min_length=1,
        description="Where depth may come from: points, depth, stereo, network; per ray the best that is there",
    )
    use_instances: bool = Field(True, description="Tell buildings apart as `instances` or the network do")
    use_imu: bool = Field(True, description="Take which way is up from `imu`, where it comes")
    compressed: bool = Field(False, description="Subscribe to NAME/compressed (depth: NAME/compressedDepth)")
    rectified: bool = Field(False, description="Images are rectified (image_rect): only P of camera_info counts")
    image_width: int = Field(
        0, ge=0, le=16384, description="Width of the images for which networks are made ready at configure, pixels"
    )
    image_height: int = Field(
        0, ge=0, le=16384, description="Their height; 0: networks are made ready for the first image when it comes"
    )
    sync_tolerance_s: float = Field(
        0.02, ge=0.0, le=1.0, description="Stamps of one frame may differ by so much, s"
    )
    missing_after_s: float = Field(
        1.0, gt=0.0, le=60.0, description="Depth or a camera that does not come for so long is gone on without, s"
    )
    queue_length: int = Field(
        1, ge=1, le=100, description="Frames that may wait for the one in work; beyond that the newest wins"
    )
    networks: NetworksConfig = NetworksConfig()
    inference: InferenceConfig = InferenceConfig()
    scan: ScanConfig = ScanConfig()
    observe: ObserveConfig = ObserveConfig()
    descriptor: DescriptorConfig = DescriptorConfig()

    @field_validator("cameras")
    @classmethod
    def _are_apart(cls, cameras: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(cameras)) < len(cameras):
            raise ValueError("a camera is named twice; name each once")
        return cameras


class LocalizerNodeConfig(NodeConfig):
    """Descriptors and odometry in, pose out."""

    runtime_changeable: ClassVar[tuple[str, ...]] = (
        "tf_broadcast", "transform_tolerance_s", "path_length", "fix",
        # How a camera is mounted does not change while driving; what a fix is may.
        *(f"localizer.{name}" for name in LocalizerConfig.model_fields if name != "camera_yaw"),
    )

    index_path: str = Field("", description="Index folder to localize in")
    map_frame: str = Field("map", min_length=1, description="Frame of the map, local ENU")
    base_frame: str = Field("base_link", min_length=1, description="Frame of the vehicle")
    odom_frame: str = Field("odom", min_length=1, description="Frame of the odometry")
    tf_broadcast: bool = Field(True, description="Publish map -> odom; off where another node owns it")
    transform_tolerance_s: float = Field(1.0, ge=0.0, le=60.0, description="How far map -> odom is post-dated, s")
    odometry_source: Literal["odom", "twist"] = Field(
        "odom", description="Where motion comes from: Odometry on `odom`, or TwistWithCovarianceStamped on `twist`"
    )
    odometry_buffer_s: float = Field(10.0, gt=0.0, le=600.0, description="How much odometry is remembered, s")
    path_length: int = Field(2000, ge=0, description="Poses kept in `path`, one per second; 0 publishes none")
    queue_length: int = Field(
        5, ge=1, le=100, description="Frames that may wait for the one in work; beyond that the newest wins"
    )
    # Not "off" and "on", which YAML takes for booleans.
    fix: Literal["ignore", "start", "always"] = Field(
        "ignore", description="GPS on `fix`: unused, a hint where to start (the first one), or a hint all the time"
    )
    use_imu_heading: bool = Field(
        False, description="Take the heading from the orientation of `imu`: only where it has a compass, 0 is east"
    )
    index: IndexConfig = IndexConfig()
    motion: MotionConfig = MotionConfig()
    tracker: TrackerConfig = TrackerConfig()
    align: AlignConfig = AlignConfig()
    localizer: LocalizerConfig = LocalizerConfig()


class MapServerNodeConfig(NodeConfig):
    """Index folder in, markers out; maps and photos to index folders."""

    index_path: str = Field("", description="Index folder to show")
    map_frame: str = Field("map", min_length=1, description="Frame of the map, local ENU")
    map: MapConfig = MapConfig()
    scan: ScanConfig = ScanConfig()
    descriptor: DescriptorConfig = DescriptorConfig()
    index: IndexConfig = IndexConfig()
    photo: PhotoConfig = PhotoConfig()
    search: SearchConfig = SearchConfig()


class EvaluatorNodeConfig(NodeConfig):
    """Fixes and the truth in, errors out; figures when it is deactivated."""

    output_folder: str = Field(
        "", description="Folder for page, figures, CSV and TUM when the node is deactivated; empty: nothing is written"
    )
    index_path: str = Field(
        "", description="Index folder whose map is compared with what is seen; empty: the map is not judged"
    )
    map_frame: str = Field("map", min_length=1, description="Frame of the map, local ENU")
    map_diff_period_s: float = Field(
        10.0, ge=1.0, le=3600.0, description="How often the differences are shown while driving, s"
    )
    seed: int = Field(0, ge=0, description="Draws the intervals of the figures")


class PlaceRecognitionNodeConfig(NodeConfig):
    """Images in, places where photos like them were taken out."""

    runtime_changeable: ClassVar[tuple[str, ...]] = ("max_rate_hz",)

    photos_path: str = Field("", description="Photo index folder, made with `geoloc photos index`")
    map_frame: str = Field("map", min_length=1, description="Frame of the map, local ENU")
    base_frame: str = Field("base_link", min_length=1, description="Frame of the vehicle")
    camera: str = Field("", description="Name of the camera that looks ahead, e.g. front for front/image; '' has none")
    compressed: bool = Field(False, description="Subscribe to image/compressed")
    rectified: bool = Field(False, description="Images are rectified (image_rect): only P of camera_info counts")
    max_rate_hz: float = Field(2.0, gt=0.0, le=100.0, description="So many images are looked up, Hz at the most")
    inference: InferenceConfig = InferenceConfig()
    photo: PhotoConfig = PhotoConfig()


class LandmarksNodeConfig(NodeConfig):
    """Images in, poses in six degrees of freedom out, where a scene was learnt."""

    runtime_changeable: ClassVar[tuple[str, ...]] = ("max_rate_hz",)

    landmarks_path: str = Field("", description="Folder of `geoloc train landmarks`, or one that holds several of them")
    map_frame: str = Field("map", min_length=1, description="Frame of the map, local ENU")
    base_frame: str = Field("base_link", min_length=1, description="Frame of the vehicle")
    camera: str = Field("", description="Name of the camera, e.g. front for front/image; '' has none")
    compressed: bool = Field(False, description="Subscribe to image/compressed")
    rectified: bool = Field(False, description="Images are rectified (image_rect): only P of camera_info counts")
    max_rate_hz: float = Field(5.0, gt=0.0, le=100.0, description="So many images are looked at, Hz at the most")
    inference: InferenceConfig = InferenceConfig()
    scenes: ScenesConfig = ScenesConfig()
    voting: VotingConfig = VotingConfig()
    camera_pose: CameraPoseConfig = CameraPoseConfig()


NODE_CONFIGS: dict[str, type[NodeConfig]] = {
    "perception": PerceptionNodeConfig, "localizer": LocalizerNodeConfig, "map_server": MapServerNodeConfig,
    "place_recognition": PlaceRecognitionNodeConfig, "landmarks": LandmarksNodeConfig, "evaluator": EvaluatorNodeConfig,
}
"""By node name."""
