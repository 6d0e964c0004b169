"""The page itself: one file that needs no other and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.curation_config import CurationConfig
from geoloc_ros.datasets.curation.frames import Fate
from geoloc_ros.datasets.curation.statistics import Statistics
from geoloc_ros.evaluation.curation_page.drawing import (
    MAX_CLUSTERS,
    ClusterDrawing,
    ClusterDrawings,
    date_legend,
    draw_map,
)
from geoloc_ros.evaluation.curation_page.spread import cluster_spreads, fate_chart, sequence_spreads
from geoloc_ros.evaluation.report.page import asset
from geoloc_ros.maps.osm import ATTRIBUTION
from geoloc_ros.maps.road_kinds import RoadKinds

_LISTED = 50


@dataclass(frozen=True)
class CurationSource:
    """What was curated, and how."""

    table: str
    map_name: str
    """"" for none."""
    has_images: bool
    config: CurationConfig


def write_curation_page(
    statistics: Statistics, drawings: ClusterDrawings, roads: RoadKinds | None, source: CurationSource, path: Path
) -> None:
    """Write the page `path`, replaced if it exists; the same curation gives the same bytes."""
    page = Template(_own("page.html")).substitute(
        title=escape(source.table),
        subtitle=f"{statistics.num_rows:,} rows, {statistics.num_windows:,} windows of {source.config.window_m:g} m",
        style=asset("page.css") + files("geoloc_ros.evaluation.accuracy_page").joinpath("page.css").read_text("utf-8")
        + _own("page.css"),
        tiles="\n".join(_tiles(statistics)),
        panels="\n".join(_panels(statistics, drawings.largest(), roads, source)),
        script=_own("page.js"),
    )  # fmt: skip
    with write_beside(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _tiles(statistics: Statistics) -> Iterator[str]:
    kept = statistics.fates[Fate.KEPT]
    figures = (
        (f"{statistics.num_clusters:,}", "clusters"),
        (f"{sum(statistics.sequences.get('facing', Counter()).values()):,}", "sequences in them"),
        (f"{kept:,}", "frames in them"),
        (f"{100.0 * kept / max(1, statistics.num_rows):.1f} %", "of all rows"),
        (f"{sum(statistics.problems.values()):,}", "bad rows"),
    )
    for value, name in figures:
        yield f"<li><b>{value}</b><span>{name}</span></li>"


def _panels(
    statistics: Statistics, clusters: list[ClusterDrawing], roads: RoadKinds | None, source: CurationSource
) -> Iterator[str]:
    drawn = f"the {MAX_CLUSTERS} of most sequences" if statistics.num_clusters > len(clusters) else "all clusters"
    note = f"Drawn: {drawn}. Wheel: closer; drag: move; double click: all. {ATTRIBUTION if roads is not None else ''}"
    legend = f'<p class="legend">{date_legend()}</p><p class="note">{escape(note)}</p>'
    yield _panel("map", "Clusters, by dates", draw_map(clusters, roads) + legend)
    yield _panel("fates", "What became of the rows", fate_chart(statistics))
    charts = (*sequence_spreads(statistics), *cluster_spreads(statistics))
    yield f'<div class="charts">{"".join(_panel(name, title, chart) for name, title, chart in charts)}</div>'
    if clusters:
        title = f"Largest clusters (of {statistics.num_clusters:,})"
        yield _panel("clusters", title, _cluster_table(clusters[:_LISTED]))
    if statistics.problems:
        rows = [(reason, f"{count:,}") for reason, count in statistics.problems.most_common()]
        yield _panel("problems", "Bad rows (each in problems.csv)", _facts(rows))
    yield _panel("source", "Source and limits", _facts(_limits(source)))


def _panel(name: str, title: str, body: str) -> str:
    head = f'<div class="panel-title"><h2>{escape(title)}</h2></div>'
    return f'<section id="{name}-panel" class="panel">{head}{body}</section>'


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f'<div class="wide"><table>{cells}</table></div>'


def _limits(source: CurationSource) -> list[tuple[str, str]]:
    config = source.config
    facts = [
        ("table", source.table), ("map", source.map_name or "none: roads unknown"),
        ("images", "given" if source.has_images else "none: day and night unknown"),
    ]  # fmt: skip
    for name, field in type(config).model_fields.items():
        facts.append((str(field.description), f"{name} = {getattr(config, name):g}"))
    return facts


def _cluster_table(clusters: Sequence[ClusterDrawing]) -> str:
    heads = ("cluster", "sequences", "frames", "dates", "first", "last", "facing", "road", "latitude", "longitude")
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f'<div class="wide"><table class="figures"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(_cluster_row(each) for each in clusters)}</tbody></table></div>"
    )


def _cluster_row(cluster: ClusterDrawing) -> str:
    latitude_deg, longitude_deg = cluster.centre_deg
    cells = (
        str(cluster.num_sequences), str(cluster.num_frames), str(len(cluster.dates)), cluster.dates[0],
        cluster.dates[-1], cluster.facing, cluster.road or "unknown", f"{latitude_deg:.6f}", f"{longitude_deg:.6f}",
    )  # fmt: skip
    return f"<tr><th>{cluster.number}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
