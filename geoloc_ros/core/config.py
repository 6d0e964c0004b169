"""Every parameter of the package with its default, unit, range and one line of help; the only place for defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.landmark_config import CameraPoseConfig, ScenesConfig, VotingConfig
from geoloc_ros.core.localization_config import AlignConfig, LocalizerConfig, MotionConfig, TrackerConfig
from geoloc_ros.core.photo_config import PhotoConfig, SearchConfig
from geoloc_ros.core.section import Section, validated


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
    condition: Literal["noon", "overcast", "rain_sunset", "night", "snow"] = Field(
        "noon", description="Light, weather and season of a drive"
    )
    photo_width: int = Field(160, ge=16, le=4096, description="Width of simulated photos, pixels")
    photo_height: int = Field(120, ge=16, le=4096, description="Height of simulated photos, pixels")


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
    photo: PhotoConfig = PhotoConfig()
    search: SearchConfig = SearchConfig()
    curation: CurationConfig = CurationConfig()
    voting: VotingConfig = VotingConfig()
    camera_pose: CameraPoseConfig = CameraPoseConfig()
    scenes: ScenesConfig = ScenesConfig()
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
