"""Every parameter of the package with its default, unit, range and one line of help; the only place for defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geoloc_ros.core.errors import ConfigError


class Section(BaseModel):
    """A group of parameters. Unknown keys fail, and so do numbers that are none; values cannot be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


AnySection = TypeVar("AnySection", bound=Section)


class MapConfig(Section):
    """What is taken from OpenStreetMap."""

    place_spacing_m: float = Field(10.0, ge=1.0, le=100.0, description="Distance between places along a road, m")
    default_height_m: float = Field(8.0, gt=0.0, description="Height of a building that says nothing about it, m")
    level_height_m: float = Field(3.0, gt=0.0, description="Height of one building level, m")


class ScanConfig(Section):
    """The scan: one turn of rays on the ground plane."""

    num_rays: int = Field(360, ge=8, le=4096, description="Rays in one turn")
    max_range_m: float = Field(100.0, gt=0.0, description="Rays longer than this see nothing, m")


class ObserveConfig(Section):
    """How a scan is made from a label image and depth."""

    min_height_m: float = Field(1.0, description="Points lower than this over the ground are ignored, m")
    max_height_m: float = Field(20.0, description="Points higher than this over the ground are ignored, m")
    range_quantile: float = Field(
        0.25, ge=0.0, le=1.0, description="Quantile of the ranges in one angular bin that finds the nearest surface"
    )
    min_samples: int = Field(
        3, ge=1, le=100_000, description="Building points that make a ray hit, as a bin of noise does not"
    )
    min_horizon_rad: float = Field(0.01, description="Pixels from this far above the horizon tell open view, rad")
    max_horizon_rad: float = Field(0.05, description="Pixels up to this far above the horizon tell open view, rad")
    split_ratio: float = Field(
        0.25, gt=0.0, description="Relative jump of the range between buildings, where no instances are given"
    )


class InferenceConfig(Section):
    """What runs the networks."""

    backend: Literal["auto", "tensorrt", "onnxruntime", "torch"] = Field(
        "auto", description="Engine; auto takes the fastest that really works here, and says which"
    )
    num_threads: int = Field(1, ge=0, le=256, description="Processor threads of a network; 0 is one per core")
    engine_cache: str = Field(
        "", description="Folder for TensorRT engines; empty: geoloc_ros/engines in the user's cache folder"
    )


class NetworksConfig(Section):
    """The networks that read images; ONNX files of ours, or YAML descriptions of anybody's (docs/networks.md)."""

    segmentation: str = Field("", description="File of the network for classes and buildings; empty: the shipped one")
    depth: str = Field("", description="File of the network for depth; empty: that of the classes, or the shipped one")
    instances: str = Field("", description="File of the network for buildings one by one; empty: as the classes")
    input_width: int = Field(
        1024, ge=64, le=4096,
        description="Width of panoramas for the shipped network, pixels; others keep their size up to as many pixels",
    )


class DescriptorConfig(Section):
    """How a scan becomes a descriptor; all but `method` and `model` is of the hand-crafted one."""

    method: Literal["learned", "paper", "handcrafted"] = Field(
        "learned", description="Our network, the published network, or none (range and building edge per ray)"
    )
    model: str = Field("", description="ONNX file of the network; empty: the one that is shipped")
    num_bins: int = Field(36, ge=8, description="Angular bins of the descriptor")
    edge_variance_bins2: float = Field(5.0, gt=0.0, description="Sigma squared of the edge channel, at 360 bins")
    range_width: float = Field(
        0.9, gt=0.0, description="Ranges whose square roots differ by less look alike, square roots of a metre"
    )
    range_period: float = Field(
        11.0, gt=0.0, description="Twice the difference of root ranges that counts most, square roots of a metre"
    )
    edge_weight: float = Field(1.0, ge=0.0, description="Weight of a difference of the edge channel")


class IndexConfig(Section):
    """The searchable index."""

    num_hypotheses: int = Field(20, ge=1, le=1000, description="Places returned for a frame")


class RerankConfig(Section):
    """The closer look at the places most alike."""

    num_full: int = Field(50, ge=1, description="Candidates around which all poses are tried, after a coarse look")
    num_fine: int = Field(10, ge=1, description="Candidates whose pose is refined to a metre and a degree")
    run_exponent: float = Field(
        0.6, ge=0.0, le=1.0, description="A run of n rays on one building counts as n to 1 minus this: they err alike"
    )
    least_run: float = Field(
        0.7, gt=0.0, description="What a building that does not fit at all costs a place, in units of the evidence"
    )
    sharpness: float = Field(0.15, gt=0.0, description="Nats per unit of evidence: runs are not independent either")
    dissimilarity_weight: float = Field(
        0.6, ge=0.0, description="Nats per unit of the dissimilarity of descriptors, which looked at the same rays"
    )
    max_scale_ratio: float = Field(
        1.0, ge=1.0, le=4.0, description="Factor by which the scale of depth may be wrong and is searched for"
    )


class MotionConfig(Section):
    """How wrong odometry may be."""

    scale_sigma: float = Field(
        0.02, ge=0.0, le=0.5, description="Standard deviation of its constant scale: wheels worn, or a camera's guess"
    )
    yaw_bias_radps: float = Field(
        0.002, ge=0.0, description="Standard deviation of its constant drift of heading, rad/s"
    )
    distance_variance_m: float = Field(
        0.05, gt=0.0, description="Variance that its distance gains per metre driven, m^2/m"
    )


class TrackerConfig(Section):
    """The tracker over the place graph."""

    cell_length_m: float = Field(2.5, gt=0.0, le=50.0, description="Length of the road cells that hold the belief, m")
    heading_sigma_rad: float = Field(0.15, gt=0.0, description="Deviation from the road's direction that is usual, rad")
    heading_penalty_per_m: float = Field(
        0.5, ge=0.0, description="Log-likelihood lost per metre driven against the road's direction"
    )
    heading_memory_m: float = Field(100.0, gt=0.0, description="Drive after which a heading deviation is forgotten, m")
    leak_per_m: float = Field(
        1e-5, ge=0.0, lt=0.01, description="Belief spread over the whole city per metre driven: recovers from anything"
    )
    off_map_prior: float = Field(
        0.1, ge=0.0, lt=1.0, description="Probability that a drive starts where the map has no road"
    )
    leave_map_per_m: float = Field(
        1e-4, ge=0.0, lt=0.01, description="Probability per metre that a vehicle leaves the roads of the map"
    )
    enter_map_per_m: float = Field(
        1e-3, ge=0.0, lt=0.1, description="Probability per metre that it comes back onto them, anywhere"
    )
    turn_chance_per_m: float = Field(
        0.065, ge=0.0, description="Log-likelihood that a wrong map loses per metre by turns that are not its own"
    )
    look_alike_nats: float = Field(
        0.7, ge=0.0, description="Log-likelihood that a wrong map gains per independent frame by look-alike streets"
    )
    fix_outlier_ratio: float = Field(
        0.1, gt=0.0, lt=1.0, description="Share of positions and headings of others that are not to be believed"
    )
    fix_memory_s: float = Field(
        60.0, gt=0.0, description="Time for which the error of a receiver or compass lasts: so many count as one, s"
    )
    evidence_length_m: float = Field(
        40.0, gt=0.0, description="Drive after which a new frame is independent of the last; nearer ones count in part"
    )
    score_exponent: float = Field(
        0.9, gt=0.0, le=2.0,
        description="Trust in the likelihood ratios of the learned descriptor: 1 if it is as right as it believes",
    )
    score_floor: float = Field(
        0.3, gt=0.0, lt=1.0, description="Share of frames that say nothing: the least that one leaves of a place"
    )
    rank_exponent: float = Field(
        0.8, ge=0.0, lt=1.0,
        description="Other descriptors: a place that r of the city look more like has likelihood r to minus this",
    )
    rank_softening: float = Field(
        15.0, gt=0.0, description="So many places that look more alike make no difference yet: limits one frame's word"
    )


class AlignConfig(Section):
    """The alignment of the last scans with the walls of the map."""

    window_m: float = Field(450.0, gt=0.0, le=2000.0, description="Drive whose scans are aligned together, m")
    spacing_m: float = Field(12.0, gt=0.0, description="Drive between two scans that are kept, m")
    max_iterations: int = Field(6, ge=1, le=100, description="Steps of one alignment")
    ray_sigma: float = Field(
        0.05, gt=0.0, description="Usual error of a ray's range, as a share, beside that of its whole building"
    )
    depth_sigma: float = Field(
        0.25, gt=0.0, description="Standard deviation of the logarithm of a building's factor of depth"
    )
    depth_scale_sigma: float = Field(
        0.4, gt=0.0, description="The same of the factor of all depths; stereo cameras may say 0.02"
    )
    offset_sigma_m: float = Field(1.5, gt=0.0, description="How far buildings are off their place in the map, m")
    edge_sigma_rad: float = Field(0.03, gt=0.0, description="Usual error of the border between two buildings, rad")
    yaw_bias_change_radps2: float = Field(
        3e-5, gt=0.0, description="Standard deviation of the rate at which odometry's drift of heading changes, rad/s^2"
    )
    camera_yaw_rad: float = Field(
        0.02, gt=0.0, description="Standard deviation of the camera's yaw on the vehicle as configured, rad"
    )


class LocalizerConfig(Section):
    """When a pose is called a fix."""

    camera_yaw: Literal["known", "unknown"] = Field(
        "known", description="Whether tf tells how the camera is turned on the vehicle; unknown: learnt while driving"
    )
    fix_probability: float = Field(0.9, gt=0.5, lt=1.0, description="Belief around the pose that makes it a fix")
    lost_probability: float = Field(0.5, gt=0.0, lt=1.0, description="Belief around the pose under which it is lost")
    mode_radius_m: float = Field(15.0, gt=0.0, description="How far around the pose belief counts as the same, m")
    mode_turn_rad: float = Field(1.0, gt=0.0, description="How far off its heading belief counts as the same, rad")
    max_odometry_step_m: float = Field(
        50.0, gt=0.0, description="Odometry that moves further between two frames has jumped: start anew, m"
    )
    search_every_m: float = Field(
        5.0, gt=0.0, description="Drive between two frames compared with the whole map while there is no fix, m"
    )
    global_every_m: float = Field(
        10.0, gt=0.0, description="Drive between two frames compared with the whole map while there is a fix, m"
    )
    fix_chance: float = Field(
        1e-3, gt=0.0, lt=1.0, description="Chance that a wrong place looks as good, below which a pose is a fix"
    )
    lost_chance: float = Field(0.1, gt=0.0, lt=1.0, description="The same, above which a fix is lost")
    fix_doubt: float = Field(
        0.5, ge=0.0, description="Log odds that the newest frames were seen from elsewhere, up to which a pose is a fix"
    )
    lost_doubt: float = Field(3.0, gt=0.0, description="The same, above which a fix is lost: the vehicle was moved")
    fix_sigma_m: float = Field(5.0, gt=0.0, description="Standard deviation of a position up to which it is a fix, m")
    lost_sigma_m: float = Field(
        15.0, gt=0.0, description="Standard deviation above which a fix carried by odometry is lost, m"
    )


class SimConfig(Section):
    """The simulated drive."""

    noise: Literal["none", "paper", "hard"] = Field("paper", description="Noise level of world, camera and sensors")
    camera: Literal["equirectangular", "pinhole"] = Field("equirectangular", description="Camera model")
    width: int = Field(512, ge=16, le=8192, description="Image width, pixels")
    height: int = Field(160, ge=16, le=8192, description="Image height, pixels")
    fov_deg: float = Field(90.0, gt=0.0, lt=170.0, description="Horizontal field of view of a pinhole, degrees")
    rate_hz: float = Field(5.0, gt=0.0, le=50.0, description="Images per second")
    speed_mps: float = Field(9.0, gt=0.0, le=40.0, description="Cruising speed, m/s")
    city_size_m: float = Field(1200.0, ge=150.0, le=5000.0, description="Width of the procedural city, m")


class Config(Section):
    """Everything."""

    map: MapConfig = MapConfig()
    scan: ScanConfig = ScanConfig()
    observe: ObserveConfig = ObserveConfig()
    inference: InferenceConfig = InferenceConfig()
    networks: NetworksConfig = NetworksConfig()
    descriptor: DescriptorConfig = DescriptorConfig()
    index: IndexConfig = IndexConfig()
    rerank: RerankConfig = RerankConfig()
    motion: MotionConfig = MotionConfig()
    tracker: TrackerConfig = TrackerConfig()
    align: AlignConfig = AlignConfig()
    localizer: LocalizerConfig = LocalizerConfig()
    sim: SimConfig = SimConfig()


def load_config(file: Path | None = None, overrides: tuple[str, ...] = ()) -> Config:
    """Config of a YAML file with `section.key=value` overrides on top; defaults for the rest.

    Raises:
        ConfigError: If the file cannot be read, a key is unknown or a value is illegal.
    """
    tree: dict[str, Any] = {}
    if file is not None:
        try:
            loaded = yaml.safe_load(file.read_text())
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"cannot read config '{file}': {error}") from error
        if not isinstance(loaded or {}, dict):
            raise ConfigError(f"config '{file}' is not a mapping of sections; see config/ for an example")
        tree = loaded or {}
    for override in overrides:
        _set(tree, override)
    return validated(Config, tree)


def _set(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    section, dot, name = key.partition(".")
    if not equals or not dot:
        raise ConfigError(f"'{override}' is not of the form section.key=value, e.g. map.place_spacing_m=5")
    entry = tree.setdefault(section, {})
    if not isinstance(entry, dict):
        raise ConfigError(f"'{section}' in the config is not a section; it holds {entry!r}")
    entry[name] = yaml.safe_load(value)


def validated(section: type[AnySection], tree: dict[str, Any]) -> AnySection:
    """A section of plain values.

    Raises:
        ConfigError: If a key is unknown or a value is illegal.
    """
    try:
        return section.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"config key '{key}': {first['msg']} (seen: {first.get('input')!r})") from error
