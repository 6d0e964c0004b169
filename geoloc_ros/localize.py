"""`geoloc localize`: a recorded drive to a trajectory, without ROS running."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.core.types import Float32, Int32, LocalizationStatus, Observation, PoseEstimate
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import Part, choose_parts, wants_fixes
from geoloc_ros.evaluation.trace import Trace, most_probable
from geoloc_ros.evaluation.tum import write_tum
from geoloc_ros.localization.camera_yaw.turning import layout_of
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.retrospect import look_back
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.scan.perceive import Perceiver

logger = logging.getLogger(__name__)

FIXES = (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)


@dataclass(frozen=True)
class LocalizeSummary:
    """What became of a bag."""

    output: Path
    trace: Path
    frames: int
    """Used."""
    skipped: int
    """Bad frames."""
    first_complaint: str
    """Why the first bad frame was skipped; empty without one."""
    fixes: int
    frames_per_s: float
    parts: tuple[Part, ...]
    """What was taken from the bag."""

    def as_text(self) -> str:
        """A few lines for a terminal."""
        lines = [
            f"{self.fixes} of {self.frames} frames localized from {', '.join(self.parts)} "
            f"({self.frames_per_s:.0f} frames/s)",
            f"trajectory {self.output}",
            f"trace      {self.trace}",
        ]
        if self.skipped:
            lines.insert(1, f"{self.skipped} bad frames skipped; the first: {self.first_complaint}")
        return "\n".join(lines)


def trace_path(trajectory: Path) -> Path:
    """Where the trace of a trajectory lies."""
    return trajectory.with_name(f"{trajectory.name}.trace.npz")


def localize_bag(
    bag: Path, index_path: Path, output: Path, config: Config, progress: ProgressCallback = no_progress, use: str = "",
    smoothed: Path | None = None,
) -> LocalizeSummary:
    """Localize every frame of a bag in order; write the fixes to `output` (TUM) and all else to its trace.

    The same bag, index and config give the same bytes. Bad frames are skipped and counted.

    Args:
        bag: Of the drive.
        index_path: Where to localize.
        output: Replaced if it exists.
        config: Must describe the encoder that the index was made with.
        progress: Told about the frames.
        use: What to take from the bag, as `datasets.parts.choose_parts`; networks read from the image what is missing.
            With `fix` in it the positions of the satellite receiver are heard, too.
        smoothed: Where to write the most probable place of every frame given the whole drive (TUM), if anywhere.

    Raises:
        ConfigError: If `use` cannot be, or a description of a network is wrong.
        DatasetError: If the bag lacks what is needed, or none of its frames can be used.
        ArtifactError: If the index cannot be read.
        IndexMismatchError: If the index was made by another encoder than the config describes.
        BackendError: If the weights of the encoder or of a network cannot be used.
    """
    started_s = time.monotonic()
    reader = BagReader(bag)
    parts = choose_parts(use, reader.parts)
    index = PlaceIndex.load(index_path)
    encoder = make_encoder(config.descriptor, config.scan, config.inference)
    index.check_encoder(encoder)
    layout = layout_of(encoder, config.scan.num_rays) if config.localizer.camera_yaw == "unknown" else None
    localizer = Localizer(index, config, layout)
    fixes = deque(reader.fixes(index.geomap.origin) if wants_fixes(use) else [])
    perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
    said: list[PoseEstimate] = []
    seen: list[Observation] = []
    beliefs: list[tuple[Int32, Float32]] = []
    complaints: list[str] = []
    for number, frame in enumerate(reader.frames(parts)):
        progress("localizing", min(1.0, number / max(1, len(reader))))
        try:
            scan = perceiver.perceive([frame.camera_frame()]).scan
            query = encoder.encode_query(scan)
            observation = Observation(frame.stamp_ns, scan, query, frame.odometry)
            while fixes and fixes[0].stamp_ns <= frame.stamp_ns:
                localizer.add_position(fixes.popleft())
            said.append(localizer.update(observation))
        except ObservationError as error:
            complaints.append(str(error))
            continue
        beliefs.append(most_probable(localizer.belief))
        if smoothed is not None:
            seen.append(observation)
    if not said:
        raise DatasetError(f"no frame of '{bag}' can be used; the first: {(complaints or ['there is none'])[0]}")
    progress("localizing", 1.0)
    trace = _trace(said, beliefs)
    is_fix = np.isin(trace.status, FIXES)
    trace.save(trace_path(output))
    write_tum(output, trace.stamp_ns[is_fix], trace.pose[is_fix])
    if smoothed is not None:
        places = look_back(index, config, seen)
        write_tum(smoothed, trace.stamp_ns, np.array([place.pose.as_array() for place in places]))
    logger.info("localized %d of %d frames of %s", int(is_fix.sum()), len(said), bag.name)
    return LocalizeSummary(
        output, trace_path(output), len(said), len(complaints), (complaints or [""])[0], int(is_fix.sum()),
        len(said) / (time.monotonic() - started_s), parts,
    )


def _trace(said: list[PoseEstimate], beliefs: list[tuple[Int32, Float32]]) -> Trace:
    sizes = [len(rows) for rows, _ in beliefs]
    return Trace(
        stamp_ns=np.array([estimate.stamp_ns for estimate in said], np.int64),
        pose=np.array([estimate.pose.as_array() for estimate in said]),
        covariance=np.array([estimate.covariance for estimate in said]),
        status=np.array([estimate.status for estimate in said], np.uint8),
        probability=np.array([estimate.probability for estimate in said], np.float32),
        chance=np.array([estimate.chance for estimate in said], np.float32),
        belief_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        belief_viewpoint=np.concatenate([rows for rows, _ in beliefs]),
        belief_probability=np.concatenate([probability for _, probability in beliefs]),
    )
