"""The page itself: one file that needs no other and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photos import PhotoCollection, PhotoSet
from geoloc_ros.evaluation.collection_page.contents import Contents, regions
from geoloc_ros.evaluation.collection_page.picture import examples, region_map, series_of
from geoloc_ros.evaluation.report.page import asset

_MAX_REGIONS, _MAX_PROBLEMS, _NUM_EXAMPLES = 12, 200, 12


def write_collection_page(collection: PhotoCollection, contents: Contents, output_html: Path) -> None:
    """Write the page `output_html`, replaced if it exists; the same collection gives the same bytes.

    Raises:
        DatasetError: If it cannot be written.
    """
    page = Template(files("geoloc_ros.evaluation.evaluation_page").joinpath("page.html").read_text("utf-8")).substitute(
        title="Photos",
        subtitle=escape(contents.name),
        style=asset("page.css") + files("geoloc_ros.evaluation.accuracy_page").joinpath("page.css").read_text("utf-8")
        + files(__package__).joinpath("page.css").read_text("utf-8"),
        tiles="\n".join(_tiles(collection)),
        panels="\n".join(_panels(collection, contents)),
    )  # fmt: skip
    try:
        with write_beside(output_html) as partial:
            partial.write_text(page, encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"'{output_html}' cannot be written: {error.strerror}") from error


def _tiles(collection: PhotoCollection) -> Iterator[str]:
    for name, count in (
        ("database photos", len(collection.database)), ("queries", len(collection.queries)),
        ("left out", len(collection.problems)),
    ):  # fmt: skip
        yield f"<li><b>{count:,}</b><span>{name}</span></li>".replace(",", " ")


def _panels(collection: PhotoCollection, contents: Contents) -> Iterator[str]:
    facts = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in contents.facts)
    yield _panel("source-panel", "What there is", f"<table>{facts}</table>")
    yield _panel("maps", "Where", _maps(collection, contents))
    for title, photos in (("Some of the database", collection.database), ("Some of the queries", collection.queries)):
        if len(photos):
            yield _panel(title.split()[-1], title, _examples(photos))
    yield _panel("conditions", "Conditions", _conditions(contents))
    if contents.months:
        yield _panel("months", "Months", _months(contents))
    if contents.problems:
        yield _panel("problems", "Left out", _problems(contents))


def _panel(name: str, title: str, body: str) -> str:
    head = f'<div class="panel-title"><h2>{escape(title)}</h2></div>'
    return f'<section id="{name}" class="panel">{head}{body}</section>'


def _maps(collection: PhotoCollection, contents: Contents) -> str:
    position_m = np.concatenate([collection.database.position_m, collection.queries.position_m])
    found, series = regions(position_m), series_of(contents)
    legend = "".join(
        f'<span><i class="dot series-{number}"></i>{escape(name or "no condition")}</span>'
        for name, number in series.items()
    )
    maps = "".join(region_map(collection, rows, series) for rows in found[:_MAX_REGIONS])
    more = f"{len(found) - _MAX_REGIONS} smaller regions are not shown. " if len(found) > _MAX_REGIONS else ""
    return (
        f'<div class="regions">{maps}</div><p class="legend">{legend}</p>'
        f'<p class="note">{more}Pale: database; full colour: queries.</p>'
    )


def _examples(photos: PhotoSet) -> str:
    shown = "".join(
        f'<figure><img src="{url}" alt="{escape(photos.file[row])}" title="{escape(photos.file[row])}">'
        f"<figcaption>{escape(_caption(photos, row))}</figcaption></figure>"
        for row, url in examples(photos, _NUM_EXAMPLES)
    )
    return f'<div class="photos">{shown}</div>'


def _caption(photos: PhotoSet, row: int) -> str:
    """Condition and where the camera looked; the file is in the title."""
    heading_deg = (90.0 - float(np.degrees(photos.yaw_rad[row]))) % 360.0
    view = "" if np.isnan(heading_deg) else f"{heading_deg:.0f}° from north"
    return ", ".join(part for part in (photos.condition[row], view) if part) or Path(photos.file[row]).name[:32]


def _conditions(contents: Contents) -> str:
    rows = "".join(
        f"<tr><th>{escape(each.name or 'nothing is known')}</th><td>{each.database}</td><td>{each.queries}</td></tr>"
        for each in contents.conditions
    )
    head = "<thead><tr><th></th><th>database</th><th>queries</th></tr></thead>"
    return f'<div class="wide"><table class="figures">{head}<tbody>{rows}</tbody></table></div>'


def _months(contents: Contents) -> str:
    most = max(count for _, count in contents.months)
    rows = "".join(
        f'<tr><th>{month}</th><td><meter min="0" max="{most}" value="{count}"></meter> {count}</td></tr>'
        for month, count in contents.months
    )
    return f'<div class="months"><table>{rows}</table></div>'


def _problems(contents: Contents) -> str:
    reasons = "".join(
        f"<tr><th>{count}</th><td>{escape(reason)}</td></tr>"
        for reason, count in Counter(problem.reason for problem in contents.problems).most_common()
    )
    shown = contents.problems[:_MAX_PROBLEMS]
    rows = "".join(f"<tr><th>{escape(each.file)}</th><td>{escape(each.reason)}</td></tr>" for each in shown)
    return (
        f"<table>{reasons}</table><details><summary>The first {len(shown)}</summary><table>{rows}</table></details>"
    )
