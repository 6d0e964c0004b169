"""The verb `curate`: a table of frames to clusters of sequences of the same places on different days."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from geoloc_ros.core.artifacts import write_artifact
from geoloc_ros.core.config import Config
from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.core.errors import ArtifactError, DatasetError
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.datasets.curation.collection import CURATION_KIND, CURATION_VERSION
from geoloc_ros.datasets.curation.daylight import DaylightJudge
from geoloc_ros.datasets.curation.frames import Fate
from geoloc_ros.datasets.curation.sequence_facts import Knowledge, SequenceFacts, sequence_facts
from geoloc_ros.datasets.curation.sky import SkyReader
from geoloc_ros.datasets.curation.spool import FrameSpool
from geoloc_ros.datasets.curation.statistics import Statistics
from geoloc_ros.datasets.curation.table import read_table, table_files
from geoloc_ros.datasets.curation.tables_out import PAGE_FILE, STATISTICS_FILE, TableWriter
from geoloc_ros.datasets.curation.window_curation import curate_window
from geoloc_ros.evaluation.curation_page.drawing import ClusterDrawings
from geoloc_ros.evaluation.curation_page.page import CurationSource, write_curation_page
from geoloc_ros.maps.road_kinds import load_road_kinds


@dataclass(frozen=True)
class CurateSummary:
    """What was found, and what it took."""

    path: Path
    rows: int
    bad_rows: int
    frames: int
    sequences: int
    clusters: int
    total_s: float
    peak_mb: float
    """Largest memory of the process so far."""

    def as_text(self) -> str:
        """For people."""
        return (
            f"{self.path}: {self.clusters} clusters of {self.sequences} sequences, {self.frames} of {self.rows} frames "
            f"({self.bad_rows} bad rows)\ntook {self.total_s:.1f} s; peak memory {self.peak_mb:.0f} MB"
        )


def curate_table(
    table: Path, output: Path, map_file: Path | None, images: Path | None, config: Config, progress: ProgressCallback
) -> CurateSummary:
    """Curate a table and write the folder `output`; it appears there whole or not at all.

    Bad rows are listed there; a table may be larger than the memory, one of its windows may not.

    Args:
        table: CSV, or JSON of Mapillary's API, or a folder of such files.
        output: Replaced if `geoloc curate` wrote it.
        map_file: Roads to name the kinds of; none without it.
        images: Folder of the frames' images, to tell day from night by; unknown without it.
        config: Of it `curation`, and what reads images.
        progress: Told about rows and windows.

    Raises:
        DatasetError: If the table cannot be read, lacks a column, or holds no usable row, or `images` is no folder.
        MapError: If the map cannot be read.
        ArtifactError: If `output` cannot be written.
    """
    started = time.perf_counter()
    if images is not None and not images.is_dir():
        raise DatasetError(f"there is no folder of images '{images}'; give the one that their files are relative to")
    files, statistics = table_files(table), Statistics()
    knowledge = Knowledge(
        None if map_file is None else load_road_kinds(map_file),
        None if images is None else DaylightJudge(images, SkyReader(config.networks, config.inference)),
    )
    drawings = ClusterDrawings()
    source = CurationSource(table.name, "" if map_file is None else map_file.name, images is not None, config.curation)
    with (
        write_artifact(output, CURATION_KIND, CURATION_VERSION, config.curation.model_dump(mode="json")) as writer,
        _scratch_beside(output) as scratch,
        TableWriter(writer.folder) as tables,
        closing(FrameSpool(Path(scratch), config.curation.window_m)) as spool,
    ):
        for chunk in read_table(files, progress):
            spool.add(chunk.frames, chunk.texts)
            tables.add_problems(chunk.problems)
            for problem in chunk.problems:
                statistics.add_problem(problem)
        for cluster in _clusters(spool, knowledge, statistics, config.curation, progress):
            tables.add_cluster(cluster)
            statistics.add_cluster(cluster)
            drawings.add(cluster)
        if statistics.num_windows == 0:
            raise DatasetError(_why_empty(table, statistics))
        writer.file(STATISTICS_FILE).write_text(json.dumps(statistics.as_json(), indent=1) + "\n")
        write_curation_page(statistics, drawings, knowledge.roads, source, writer.file(PAGE_FILE))
    counts = statistics.as_json()
    return CurateSummary(
        output, statistics.num_rows, sum(statistics.problems.values()), statistics.fates[Fate.KEPT],
        int(counts["sequences"]), statistics.num_clusters, time.perf_counter() - started,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    )  # fmt: skip


def _why_empty(table: Path, statistics: Statistics) -> str:
    if not statistics.problems:
        return f"table '{table}' holds no row; export it again with frames in it"
    (reason, count), *_ = statistics.problems.most_common(1)
    return f"table '{table}' holds no usable row; most often: {reason} ({count} of {statistics.num_rows} rows)"


def _scratch_beside(output: Path) -> tempfile.TemporaryDirectory[str]:
    """Room for the sorted frames: as much as the table takes, so not where temporary files may lie in memory."""
    try:
        return tempfile.TemporaryDirectory(prefix=f".{output.name}.frames.", dir=output.parent)
    except OSError as error:
        raise ArtifactError(f"cannot write beside '{output}': {error.strerror}; choose another place") from error


def _clusters(
    spool: FrameSpool, knowledge: Knowledge, statistics: Statistics, config: CurationConfig, progress: ProgressCallback
) -> Iterator[list[SequenceFacts]]:
    """Clusters of all windows, window by window."""
    num_clusters = num_sequences = 0
    windows = list(spool.windows())
    for number, window in enumerate(windows):
        progress("curating windows", number / len(windows))
        frames = spool.frames(window)
        found = curate_window(frames, window.key, config)
        statistics.add_fates(found.fate)
        kept = frames[found.rows]
        facts = sequence_facts(found, kept, spool.texts(kept), num_clusters, num_sequences, knowledge, config)
        for _, cluster in groupby(facts, key=lambda each: each.cluster):
            yield list(cluster)
        if facts:
            num_clusters, num_sequences = facts[-1].cluster + 1, facts[-1].number + 1
    progress("curating windows", 1.0)
