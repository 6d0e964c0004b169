"""The verb `report`: a page to look at a localized drive."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.camera import Camera
from geoloc_ros.core.config import Config, InferenceConfig, NetworksConfig
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.section import validated
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.core.view import CameraFrame
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.bag_frames import BagFrame
from geoloc_ros.datasets.parts import Part, choose_parts
from geoloc_ros.evaluation.metrics import Metrics, evaluate_poses, interpolate_poses
from geoloc_ros.evaluation.report.page import render_page
from geoloc_ros.evaluation.report.scene import CameraMount, Scene, View
from geoloc_ros.evaluation.report.summary import drive_figures
from geoloc_ros.evaluation.report.thumbnail import label_colours, make_label_thumbnail, make_thumbnail, thumbnail_size
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.maps.raycast import RayCaster
from geoloc_ros.scan.perceive import Perceiver, Perception

logger = logging.getLogger(__name__)

# A thumbnail takes about 15 kB: so many keep the page under 15 MB.
MAX_VIEWS = 400
_SHIPPED, _ANY_ENGINE = NetworksConfig(), InferenceConfig()


@dataclass(frozen=True)
class ReportSummary:
    """What was written."""

    path: Path
    num_frames: int
    num_views: int
    size_mb: float

    def as_text(self) -> str:
        """For people."""
        return f"{self.path}: {self.num_frames} frames, {self.num_views} with image and scan, {self.size_mb:.1f} MB"


def write_report(
    index_path: Path, bag: Path, trace_path: Path, output_html: Path, progress: ProgressCallback, use: str = "",
    networks: NetworksConfig = _SHIPPED, inference: InferenceConfig = _ANY_ENGINE,
) -> ReportSummary:
    """Write the page `output_html`; it needs no other file and no network.

    Args:
        index_path: Index that was localized in.
        bag: Of the drive. Without /ground_truth the page has no errors.
        trace_path: What the localizer said, of `geoloc localize` or recorded from live nodes.
        output_html: Replaced if it exists.
        progress: Told about reading the bag.
        use: What to take from the bag, as `geoloc localize` did; the image is shown whether it is among them or not.
        networks: What reads from the image what is not taken from the bag, as `geoloc localize` did.
        inference: What runs them.

    Raises:
        ConfigError: If `use` cannot be.
        ArtifactError: If the index cannot be read.
        DatasetError: If bag or trace cannot be read, or do not belong together.
    """
    index, trace, reader = PlaceIndex.load(index_path), Trace.load(trace_path), BagReader(bag)
    config, parts = validated(Config, dict(index.config)), choose_parts(use, reader.parts)
    _check(trace, index, trace_path)
    truth, metrics = _judge(trace, reader)
    views: list[View] = []
    mounts: list[CameraMount] = []
    predicted_m = _predicted_ranges(index, trace, config)
    perceiver = Perceiver(networks, inference, config.scan, config.observe)
    for number, frame in _chosen_frames(reader, parts, trace, progress):
        try:
            came = frame.camera_frame()
            mount = CameraMount(came.camera, came.base_from_camera)
            seen = perceiver.perceive([came if "image" in parts else replace(came, image=None)])
            views.append(_view(number, came, seen, predicted_m[number]))
            mounts.append(mount)
        except ObservationError as error:
            logger.warning("frame %d is left out: %s", number, error)
    if not views:
        raise DatasetError(f"no frame of '{bag}' has a stamp of trace '{trace_path}'; give the bag that was localized")
    scene = Scene(
        title=f"Localization in {index.geomap.source.name}",
        subtitle=f"{bag.name}, index {index.index_id}",
        geomap=index.geomap, places=index.places, trace=trace, truth=truth, mount=mounts[0],
        thumbnail_size=thumbnail_size(mounts[0].camera.width, mounts[0].camera.height), views=tuple(views),
        figures=drive_figures(trace, metrics), facts=_facts(index, bag, trace_path, parts, mounts[0].camera),
        configuration=yaml.safe_dump(dict(index.config), sort_keys=False),
    )
    page = render_page(scene)
    with write_beside(output_html) as partial:
        partial.write_text(page, encoding="utf-8")
    return ReportSummary(output_html, len(trace), len(views), output_html.stat().st_size / 1e6)


def _check(trace: Trace, index: PlaceIndex, trace_path: Path) -> None:
    if len(trace) == 0:
        raise DatasetError(f"trace '{trace_path}' is empty: the localizer saw no frame")
    last = int(trace.belief_viewpoint.max(initial=-1))
    if last >= len(index):
        raise DatasetError(
            f"trace '{trace_path}' speaks of viewpoint {last}, the index has {len(index)}; give its own index"
        )


def _judge(trace: Trace, reader: BagReader) -> tuple[Float64, Metrics | None]:
    """True poses (F, 3) at the frames of the trace, NaN where the bag has none, and what they say of it."""
    truth = np.full((len(trace), 3), np.nan)
    if not reader.has_ground_truth():
        return truth, None
    stamps_ns, poses = reader.ground_truth()
    known = (trace.stamp_ns >= stamps_ns[0]) & (trace.stamp_ns <= stamps_ns[-1])
    truth[known] = interpolate_poses(stamps_ns, poses, trace.stamp_ns[known])
    fixed = trace.is_fix
    metrics = evaluate_poses(reader.frame_stamps_ns(), trace.stamp_ns[fixed], trace.pose[fixed], stamps_ns, poses)
    return truth, metrics


def _chosen_frames(
    reader: BagReader, parts: Sequence[Part], trace: Trace, progress: ProgressCallback
) -> Iterator[tuple[int, BagFrame]]:
    """Frames of the bag that belong to the trace, with their number there; evenly thinned to MAX_VIEWS."""
    every = -(-len(trace) // MAX_VIEWS)
    chosen = {int(stamp): number for number, stamp in enumerate(trace.stamp_ns) if number % every == 0}
    is_shown = "image" in reader.parts and "image" not in parts
    for frame in reader.frames((*parts, "image") if is_shown else parts):
        number = chosen.get(frame.stamp_ns)
        if number is not None:
            progress("reading the bag", number / len(trace))
            yield number, frame
    progress("reading the bag", 1.0)


def _predicted_ranges(index: PlaceIndex, trace: Trace, config: Config) -> Float32:
    """What the map shows at each estimate (F, B); NaN where that is no fix."""
    fixed = trace.is_fix
    predicted_m = np.full((len(trace), config.scan.num_rays), np.nan, np.float32)
    caster = RayCaster(index.geomap.buildings.walls())
    scans = caster.cast(trace.pose[fixed], config.scan.num_rays, config.scan.max_range_m)
    predicted_m[fixed] = scans.range_m
    return predicted_m


def _view(number: int, frame: CameraFrame, seen: Perception, predicted_m: Float32) -> View:
    labels = seen.views[0].labels
    picture = make_thumbnail(label_colours(labels) if frame.image is None else frame.image)
    return View(number, picture, make_label_thumbnail(labels), seen.scan, predicted_m)


def _facts(
    index: PlaceIndex, bag: Path, trace_path: Path, parts: Sequence[Part], camera: Camera
) -> tuple[tuple[str, str], ...]:
    source, origin = index.geomap.source, index.geomap.origin
    sizes = (len(index.geomap.buildings), len(index.places.position_m), len(index))
    return (
        ("map", f"{source.name}, {source.date or 'undated'}"),
        ("map sha256", source.sha256),
        ("origin of the map frame", f"{origin.latitude_deg:.6f}, {origin.longitude_deg:.6f}"),
        ("buildings, places, viewpoints", ", ".join(map(str, sizes))),
        ("index", index.index_id),
        ("encoder", index.encoder_id),
        ("bag", f"{bag.name}, of which {', '.join(parts)} was used"),
        ("trace", trace_path.name),
        ("camera", f"{camera.model}, {camera.width} x {camera.height}"),
    )
