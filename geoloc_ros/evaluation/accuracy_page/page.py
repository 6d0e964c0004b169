"""The page itself: one file that needs no other and no network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.evaluation.accuracy_page import sections
from geoloc_ros.evaluation.accuracy_page.labels import city_name, condition_name, leader, method_name
from geoloc_ros.evaluation.accuracy_page.payload import payload_json
from geoloc_ros.evaluation.accuracy_page.sources import (
    Table,
    read_curve,
    read_details,
    read_experiments,
    read_table,
)  # fmt: skip
from geoloc_ros.evaluation.report.page import asset
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails
from geoloc_ros.maps.geomap import GeoMap

SHARED_SCRIPTS = ("data.js", "canvas.js", "city.js")
"""Of the report."""
_TILES = (("paper", "top1", "top 1 %"), ("paper", "top10", "top 10 %"), ("paper", "r10m", "within 10 m"),
          ("heading_unknown", "top1", "top 1 %"))  # fmt: skip


@dataclass(frozen=True)
class PageFiles:
    """What the page is made from."""

    accuracy: Path
    """Of benchmarks/accuracy.py; its folder of details lies beside."""
    trajectories: tuple[Path, ...] = ()
    """Of benchmarks/trajectory.py."""
    ingredients: tuple[Path, ...] = ()
    """Of benchmarks/ingredients.py."""
    curves: tuple[Path, ...] = ()
    """Of `geoloc train scan`."""
    experiments: tuple[Path, ...] = ()
    """`docs/experiments.json` and the like."""


def write_accuracy_page(inputs: PageFiles, geomaps: Mapping[str, GeoMap], output_html: Path) -> None:
    """Write the page `output_html`, replaced if it exists.

    Args:
        inputs: Files of results.
        geomaps: Of every city in `inputs.accuracy`, by its name there.
        output_html: Where to.

    Raises:
        DatasetError: If a file is missing, damaged or of something else, figures and details do not belong together, or
            a city has no map or another one.
    """
    table = read_table(inputs.accuracy)
    everything = read_details(inputs.accuracy, table)
    for details in everything:
        _refuse_other_map(details, geomaps)
    used = {details.city: geomaps[details.city] for details in everything}
    panels = "\n".join(_extra_panels(inputs))
    page = Template(_own("page.html")).substitute(
        title="Accuracy of single scans",
        subtitle=escape(_subtitle(table, everything)),
        style=asset("page.css") + _own("page.css"),
        tiles="\n".join(_tiles(table)),
        options=sections.view_options(everything),
        accuracy=sections.accuracy_panel(table),
        recall=sections.recall_panel(everything),
        leader=escape(method_name(leader(everything[0].methods))),
        attribution=escape(", ".join(dict.fromkeys(geomap.source.attribution for geomap in used.values()))),
        worst=sections.worst_panel(everything),
        panels=panels,
        facts=_facts(inputs, table, everything, used),
        data=payload_json(everything, used),
        script="\n".join([*map(asset, SHARED_SCRIPTS), _own("accuracy.js")]),
    )
    with write_beside(output_html) as partial:
        partial.write_text(page, encoding="utf-8")


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _refuse_other_map(details: RetrievalDetails, geomaps: Mapping[str, GeoMap]) -> None:
    if details.city not in geomaps:
        raise DatasetError(f"no map of city '{details.city}', known are {', '.join(geomaps) or 'none'}; give its file")
    west, south, east, north = geomaps[details.city].bounds_m
    low, high = details.place_m.min(axis=0), details.place_m.max(axis=0)
    if (low < (west - 1.0, south - 1.0)).any() or (high > (east + 1.0, north + 1.0)).any():
        raise DatasetError(
            f"places of {details.city} reach from {low.tolist()} to {high.tolist()} m, its map only from "
            f"{[west, south]} to {[east, north]}; give the map and crop that were measured on"
        )


def _extra_panels(inputs: PageFiles) -> Iterator[str]:
    if inputs.trajectories:
        yield sections.trajectory_panel([read_table(path) for path in inputs.trajectories])
    pair = []
    if inputs.experiments:
        experiments = [each for path in inputs.experiments for each in read_experiments(path)]
        pair.append(sections.experiments_panel(experiments))
    if inputs.curves:
        pair.append(sections.learning_panel([read_curve(path) for path in inputs.curves]))
    if pair:
        yield f'<div class="pair">{"".join(pair)}</div>'
    for path in inputs.ingredients:
        yield sections.ingredients_panel(read_table(path))


def _subtitle(table: Table, everything: Sequence[RetrievalDetails]) -> str:
    cities = ", ".join(city_name(city) for city in table.cities())
    return f"{cities}; {len(everything)} results, seed {table.seed}, commit {table.commit}"


def _tiles(table: Table) -> Iterator[str]:
    for city in table.cities():
        rows = table.of_city(city)
        method = leader(tuple(row.method for row in rows))
        for condition, measure, name in _TILES:
            for row in rows:
                if (row.condition, row.method) == (condition, method) and math.isfinite(row.measures[measure].value):
                    what = f"{method_name(method)}: {city_name(city)}, {condition_name(condition)}, {name}"
                    yield f"<li><b>{row.measures[measure].value:.1f} %</b><span>{escape(what)}</span></li>"


def _facts(
    inputs: PageFiles, table: Table, everything: Sequence[RetrievalDetails], geomaps: Mapping[str, GeoMap]
) -> str:
    maps = [
        (f"map of {city_name(name)}", f"{geomap.source.name}, {geomap.source.date or 'undated'}")
        for name, geomap in geomaps.items()
    ]
    others = [
        (name, ", ".join(path.name for path in paths))
        for name, paths in (("trajectories", inputs.trajectories), ("ingredients", inputs.ingredients),
                            ("learning curves", inputs.curves), ("experiments", inputs.experiments))
        if paths
    ]  # fmt: skip
    skipped = dict.fromkeys(reason for details in everything for reason in details.skipped)
    facts = [
        ("figures", inputs.accuracy.name), *others, *maps, ("machine", table.machine),
        ("measured at commits", ", ".join(dict.fromkeys(details.commit for details in everything))),
        *(("skipped", reason) for reason in skipped),
    ]  # fmt: skip
    return "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts)
