"""`geoloc evaluate`: drives against the truth that their bags recorded; many of them, or one trajectory."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geoloc_ros
from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.native import find_native
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.recordings import Recording, find_recordings
from geoloc_ros.evaluation.condition_figures import condition_figures, figure_text
from geoloc_ros.evaluation.evaluation_files import RESULTS_FILE, Evaluation, write_drive, write_metrics, write_results
from geoloc_ros.evaluation.evaluation_page.page import write_evaluation_page
from geoloc_ros.evaluation.judged import Condition, JudgedDrive, SkippedDrive, judge_drive
from geoloc_ros.evaluation.metrics import FALSE_M, FOUND_M, Metrics, evaluate_poses
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.evaluation.tum import read_tum
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import localize_bag, trace_path

logger = logging.getLogger(__name__)

PAGE_FILE = "evaluation.html"
_TRAJECTORY_FILE, _INPUTS_FILE = "trajectory.tum", "inputs.json"
_PRINTED = ("found", "first_fix_m", "availability", "r5m", "median_error_m", "false_fix_rate", "ellipse95_coverage",
            "nees_median")  # fmt: skip


@dataclass(frozen=True)
class TrajectoryEvaluation:
    """The figures of a trajectory and where they were written."""

    metrics: Metrics
    output: Path

    def as_text(self) -> str:
        """A table."""
        m = self.metrics
        rows = [
            ("found", f"{'yes' if m.found else 'no'} (error at the end {m.final_error_m:.2f} m, limit {FOUND_M:g} m)"),
            ("ATE", f"rmse {m.ate_rmse_m:.2f} m, median {m.ate_median_m:.2f} m (over fixes, nothing aligned)"),
            ("recall", ", ".join(f"{ratio:.1%} within {limit} m" for limit, ratio in m.recall.items())),
            ("heading", f"median {m.heading_median_deg:.2f} deg"),
            ("first fix", f"after {m.first_fix_s:.1f} s, {m.first_fix_m:.0f} m"),
            ("availability", f"{m.availability:.1%} ({m.fixes} of {m.frames} frames, {m.driven_m:.0f} m driven)"),
            (f"fixes > {FALSE_M:g} m wrong", f"{m.false_fix_ratio:.2%}"),
        ]
        table = "\n".join(f"{name:20}{value}" for name, value in rows)
        return f"{table}\nFrames without a fix count as misses in recall.\n{self.output}"


@dataclass(frozen=True)
class BagEvaluation:
    """What was judged and where it was written."""

    evaluation: Evaluation
    page: Path

    def as_text(self) -> str:
        """A table, a line per condition."""
        lines = [f"{'condition':24}{'drives':>7}" + "".join(f"{name:>20}" for name in _PRINTED)]
        for condition in self.evaluation.conditions:
            figures = {figure.name: figure for figure in condition_figures(condition, self.evaluation.seed)}
            values = "".join(f"{figure_text(figures[name].value, figures[name].unit):>20}" for name in _PRINTED)
            lines.append(f"{condition.name:24}{len(condition.drives):>7}{values}")
        lines += [f"left out: {each.condition}/{each.name}: {each.reason}" for each in self.evaluation.skipped]
        return "\n".join([*lines, f"look at it: {self.page.resolve().as_uri()}"])


def evaluate_trajectory(trajectory: Path, bag: Path, output: Path) -> TrajectoryEvaluation:
    """Compare a TUM file with the ground truth in a bag and write the figures as JSON.

    Raises:
        DatasetError: If the bag has no ground truth, or the trajectory is not of this bag.
    """
    reader = BagReader(bag)
    stamp_ns, pose = read_tum(trajectory)
    metrics = evaluate_poses(reader.frame_stamps_ns(), stamp_ns, pose, *reader.ground_truth())
    write_metrics(metrics, output)
    return TrajectoryEvaluation(metrics, output)


def evaluate_bags(
    sources: Sequence[str], index_path: Path, output: Path, config: Config, seed: int, progress: ProgressCallback,
    use: str = "",
) -> BagEvaluation:
    """Localize every bag, judge it by its ground truth, and write page, figures, and per drive its frames and poses.

    The same bags, index, config and seed give the same bytes. Drives that were localized before, from the same inputs
    by the same code, are only judged again.

    Args:
        sources: Bags and folders of bags, as `datasets.recordings.find_recordings` takes them.
        index_path: Where to localize.
        output: Folder; drives of other conditions in it are left alone.
        config: Must describe the encoder that the index was made with.
        seed: Draws the intervals.
        progress: Told about the frames.
        use: What to take from the bags, as `geoloc localize` does.

    Raises:
        DatasetError: If a source holds no bag, or no drive at all can be judged.
        GeolocError: As `localize_bag` for what is wrong with index and config.
    """
    recordings = find_recordings(sources)
    index = PlaceIndex.load(index_path)
    judged: dict[str, list[JudgedDrive]] = {}
    skipped: list[SkippedDrive] = []
    for number, recording in enumerate(recordings):
        folder = output / recording.condition / recording.name
        logger.info("%d/%d  %s/%s", number + 1, len(recordings), recording.condition, recording.name)
        try:
            reader = BagReader(recording.bag)
            truth = reader.ground_truth()
            trace = localized_before_or_now(recording, index_path, index.index_id, folder, config, progress, use)
            drive = judge_drive(recording.name, trace, reader.frame_stamps_ns(), *truth)
        except DatasetError as error:
            skipped.append(SkippedDrive(recording.condition, recording.name, _without_folders(error, recording)))
            logger.warning("%s/%s is left out: %s", recording.condition, recording.name, error)
            continue
        write_drive(drive, folder)
        judged.setdefault(recording.condition, []).append(drive)
    if not judged:
        raise DatasetError(f"no drive can be judged; the first: {skipped[0].reason}")
    conditions = tuple(Condition(name, tuple(drives)) for name, drives in judged.items())
    evaluation = Evaluation(conditions, tuple(skipped), seed, _facts(index, config, use, seed))
    write_results(evaluation, output / RESULTS_FILE)
    write_evaluation_page(evaluation, output / PAGE_FILE)
    return BagEvaluation(evaluation, output / PAGE_FILE)


def localized_before_or_now(
    recording: Recording, index_path: Path, index_id: str, folder: Path, config: Config, progress: ProgressCallback,
    use: str,
) -> Trace:
    """Trace of a bag, of an earlier run if that had the same bag, index, config and code.

    Raises:
        GeolocError: As `localize_bag`.
    """
    inputs = {
        "bag": _digest(recording.bag), "index": index_id, "config": config.model_dump(mode="json"), "use": use,
        "code": _code_digest(),
    }
    trajectory, inputs_file = folder / _TRAJECTORY_FILE, folder / _INPUTS_FILE
    trace_file = trace_path(trajectory)
    if trace_file.is_file() and inputs_file.is_file():
        known = json.loads(inputs_file.read_text())
        if known == {**inputs, "trace": _digest(trace_file)}:
            return Trace.load(trace_file)
    localize_bag(recording.bag, index_path, trajectory, config, progress, use)
    with write_beside(inputs_file) as partial:
        partial.write_text(json.dumps({**inputs, "trace": _digest(trace_file)}, indent=1, sort_keys=True) + "\n")
    return Trace.load(trace_file)


def _without_folders(error: DatasetError, recording: Recording) -> str:
    """The same wherever the bags lie."""
    return str(error).replace(str(recording.bag), recording.bag.name)


def _facts(index: PlaceIndex, config: Config, use: str, seed: int) -> tuple[tuple[str, str], ...]:
    source = index.geomap.source
    return (
        ("map", f"{source.name}, {source.date or 'undated'}"),
        ("map sha256", source.sha256),
        ("index", index.index_id),
        ("encoder", index.encoder_id),
        ("used of the bags", use or "segmentation, depth and instances where they have them, else all they have"),
        ("seed of the intervals", str(seed)),
        ("geoloc_ros", geoloc_ros.__version__),
        ("config sha256", hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:16]),
    )


def _digest(path: Path) -> str:
    """Of a file, or of everything in a folder."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _code_digest() -> str:
    """Of what localizes: a version number says little while somebody works on it."""
    package = Path(geoloc_ros.__file__).parent
    digest = hashlib.sha256(_digest(find_native([*geoloc_ros.__path__])).encode())
    for folder in ("core", "inference", "localization", "maps", "reading", "scan"):
        for file in sorted((package / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
