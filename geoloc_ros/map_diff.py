"""`geoloc map diff`: what recorded drives say is no longer, or not yet, on the map."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError, ObservationError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import SemanticScan
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.parts import choose_parts
from geoloc_ros.datasets.recordings import Recording, find_recordings
from geoloc_ros.evaluate import localized_before_or_now
from geoloc_ros.evaluation.map_diff import MapDiff
from geoloc_ros.evaluation.map_diff_files import DIFFERENCES_FILE, MapDifferences, map_differences, write_geojson
from geoloc_ros.evaluation.map_evidence import SeenDrive
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.scan.perceive import Perceiver

logger = logging.getLogger(__name__)

_LIKELY = 0.5


@dataclass(frozen=True)
class MapDiffSummary:
    """What was found and where it was written."""

    differences: MapDifferences
    num_drives: int
    output: Path

    def as_text(self) -> str:
        """For people."""
        gone, new = (
            int((each.probability >= _LIKELY).sum()) for each in (self.differences.removed, self.differences.new)
        )
        return (
            f"{self.num_drives} drives: {gone} buildings of the map are probably gone, {new} probably new\n"
            f"{self.output}"
        )


def diff_map(
    sources: Sequence[str], index_path: Path, output: Path, config: Config, progress: ProgressCallback, use: str = ""
) -> MapDiffSummary:
    """Localize bags, compare what they saw with the map, and write the differences as GeoJSON.

    A folder that `geoloc evaluate` wrote may be given as output: its drives are not localized again.

    Args:
        sources: Bags and folders of bags, as `datasets.recordings.find_recordings` takes them.
        index_path: Of the map.
        output: Folder.
        config: Must describe the encoder that the index was made with.
        progress: Told about the frames.
        use: What to take from the bags, as `geoloc localize` does.

    Raises:
        DatasetError: If a source holds no bag, or a bag cannot be localized.
        GeolocError: As `localize_bag` for what is wrong with index and config.
    """
    recordings = find_recordings(sources)
    index = PlaceIndex.load(index_path)
    diff, num_drives = MapDiff(index.geomap), 0
    for recording in recordings:
        folder = output / recording.condition / recording.name
        trace = localized_before_or_now(recording, index_path, index.index_id, folder, config, progress, use)
        if not trace.is_fix.any():
            logger.warning("%s/%s says nothing: it has no fix", recording.condition, recording.name)
            continue
        diff.add(_seen(recording, trace, config, progress, use))
        num_drives += 1
    if num_drives == 0:
        raise DatasetError(f"none of {len(recordings)} drives has a fix; are they on this map?")
    differences = map_differences(diff, index.geomap)
    write_geojson(differences, index.geomap, output / DIFFERENCES_FILE)
    return MapDiffSummary(differences, num_drives, output / DIFFERENCES_FILE)


def _seen(recording: Recording, trace: Trace, config: Config, progress: ProgressCallback, use: str) -> SeenDrive:
    """The frames of a bag that had a fix, seen again as the localizer saw them."""
    reader = BagReader(recording.bag)
    perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
    row_of = {int(stamp_ns): row for row, stamp_ns in enumerate(trace.stamp_ns) if trace.is_fix[row]}
    rows: list[int] = []
    scans: list[SemanticScan] = []
    for frame in reader.frames(choose_parts(use, reader.parts)):
        row = row_of.get(frame.stamp_ns)
        if row is None:
            continue
        progress("comparing with the map", len(rows) / len(row_of))
        try:
            scans.append(perceiver.perceive([frame.camera_frame()]).scan)
        except ObservationError as error:  # it had a fix, so only a damaged file gets here
            raise DatasetError(f"frame {frame.stamp_ns} of '{recording.bag}' cannot be read again: {error}") from error
        rows.append(row)
    progress("comparing with the map", 1.0)
    scan = SemanticScan(*(
        np.stack([getattr(each, name) for each in scans]) for name in ("range_m", "instance", "observed")
    ))
    return SeenDrive(trace.pose[rows], trace.covariance[rows], scan)
