"""The page itself: one file that needs no other and no network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.evaluation.condition_curves import belief_reliability
from geoloc_ros.evaluation.condition_figures import ConditionFigure, condition_figures, figure_text
from geoloc_ros.evaluation.consistency import POSE, POSITION, mean_nees_bounds
from geoloc_ros.evaluation.evaluation_files import Evaluation
from geoloc_ros.evaluation.evaluation_page import charts
from geoloc_ros.evaluation.evaluation_page.courses import course, way
from geoloc_ros.evaluation.judged import Condition, JudgedDrive
from geoloc_ros.evaluation.report.page import asset

_LOCALIZATION = (
    "found", "first_fix_m", "first_fix_s", "availability", "r1m", "r3m", "r5m", "r10m", "median_error_m",
    "median_heading_error_deg", "false_fix_rate",
)  # fmt: skip
_TRUST = (
    "ellipse50_coverage", "ellipse95_coverage", "nees_mean", "nees_median", "nees3_mean", "nees3_median", "belief_gap",
)  # fmt: skip
_TILES = ("found", "median_error_m", "first_fix_m", "availability", "false_fix_rate", "ellipse95_coverage")
_HEADS = {
    "first_fix_m": "first fix", "first_fix_s": "first fix", "median_error_m": "median error",
    "median_heading_error_deg": "median heading error", "false_fix_rate": "false fixes",
    "ellipse50_coverage": "50 % ellipse", "ellipse95_coverage": "95 % ellipse", "nees_mean": "NEES mean",
    "nees_median": "NEES median", "nees3_mean": "NEES mean, with heading",
    "nees3_median": "NEES median, with heading", "belief_gap": "belief gap",
    "r1m": "within 1 m", "r3m": "within 3 m", "r5m": "within 5 m", "r10m": "within 10 m",
}  # fmt: skip


def write_evaluation_page(evaluation: Evaluation, output_html: Path) -> None:
    """Write the page `output_html`, replaced if it exists; the same evaluation gives the same bytes."""
    figures = {each.name: condition_figures(each, evaluation.seed) for each in evaluation.conditions}
    drives = sum(len(each.drives) for each in evaluation.conditions)
    many = "s" if drives != 1 else ""
    page = Template(_own("page.html")).substitute(
        title="Evaluation",
        subtitle=escape(f"{drives} drive{many}, {', '.join(each.name for each in evaluation.conditions)}"),
        style=asset("page.css") + files("geoloc_ros.evaluation.accuracy_page").joinpath("page.css").read_text("utf-8")
        + _own("page.css"),
        tiles="\n".join(_tiles(figures)),
        panels="\n".join(_panels(evaluation, figures)),
    )  # fmt: skip
    with write_beside(output_html) as partial:
        partial.write_text(page, encoding="utf-8")


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _tiles(figures: dict[str, tuple[ConditionFigure, ...]]) -> Iterator[str]:
    for condition, row in figures.items():
        for figure in row:
            if figure.name in _TILES and not math.isnan(figure.value):
                name = f"{condition}: {_HEADS.get(figure.name, figure.name)}"
                yield f"<li><b>{figure_text(figure.value, figure.unit)}</b><span>{escape(name)}</span></li>"


def _panels(evaluation: Evaluation, figures: dict[str, tuple[ConditionFigure, ...]]) -> Iterator[str]:
    conditions = evaluation.conditions
    if conditions:
        yield _panel("localization", "Localization", _table(figures, _LOCALIZATION))
        yield _panel("trust", "Is it as sure as it may be?", _table(figures, _TRUST) + _bounds(conditions))
        yield f'<div class="charts">{"".join(_charts(conditions))}</div>'
        yield _panel("drives", "Drives", _drives(conditions))
    if evaluation.skipped:
        rows = "".join(
            f"<tr><th>{escape(f'{each.condition}/{each.name}')}</th><td>{escape(each.reason)}</td></tr>"
            for each in evaluation.skipped
        )
        yield _panel("skipped", "Left out", f"<table>{rows}</table>")
    facts = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in evaluation.facts)
    yield _panel("source-panel", "Sources", f"<table>{facts}</table>")


def _charts(conditions: Sequence[Condition]) -> Iterator[str]:
    legend = "".join(
        f'<span><i class="dot series-{number + 1}"></i>{escape(each.name)}</span>'
        for number, each in enumerate(conditions)
    )
    key = f'<p class="legend">{legend}</p>'
    drawn = (
        ("error", "Frames with a fix within an error", charts.error_chart(conditions)),
        ("ellipses", "Truths within the published ellipses: x, y",
         charts.ellipse_chart(conditions, "position_nees", POSITION)),
        ("ellipsoids", "Truths within the published ellipsoids: x, y, heading",
         charts.ellipse_chart(conditions, "pose_nees", POSE)),
        ("reliability", "Reliability of the belief", charts.reliability_chart(conditions) + _bins(conditions)),
        ("sigma", "Availability against error, were large covariances held back", charts.sigma_chart(conditions)),
        ("chance", "Availability against error, were it published by chance alone", charts.chance_chart(conditions)),
    )  # fmt: skip
    for name, title, chart in drawn:
        yield _panel(name, title, chart + key)


def _bins(conditions: Sequence[Condition]) -> str:
    """How much there is behind the reliability."""
    counts = (f"{each.name} {', '.join(map(str, belief_reliability(each.drives).count))}" for each in conditions)
    return f'<p class="note">Frames by tenths of the belief: {escape("; ".join(counts))}.</p>'


def _panel(name: str, title: str, body: str) -> str:
    head = f'<div class="panel-title"><h2>{escape(title)}</h2></div>'
    return f'<section id="{name}" class="panel">{head}{body}</section>'


def _table(figures: dict[str, tuple[ConditionFigure, ...]], names: Sequence[str]) -> str:
    meanings = {figure.name: figure.meaning for row in figures.values() for figure in row}
    heads = "".join(
        f'<th title="{escape(meanings[name])}">{escape(_HEADS.get(name, name))}</th>'
        for name in names if name in meanings
    )  # fmt: skip
    rows = []
    for condition, row in figures.items():
        known = {figure.name: figure for figure in row}
        cells = "".join(f"<td>{_cell(known[name])}</td>" for name in names if name in known)
        rows.append(f"<tr><th>{escape(condition)}</th>{cells}</tr>")
    notes = "".join(f"<li><b>{escape(_HEADS.get(name, name))}</b> {escape(meanings[name])}</li>" for name in names)
    return (
        f'<div class="wide"><table class="figures"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f'<details><summary>What they mean</summary><ul class="note">{notes}</ul></details>'
        '<p class="note">Intervals: 95 %, by drawing whole drives again; none for a single drive.</p>'
    )


def _cell(figure: ConditionFigure) -> str:
    value = figure_text(figure.value, figure.unit)
    if figure.interval is None or any(map(math.isnan, figure.interval)):
        return value
    low, high = (figure_text(limit, "") for limit in figure.interval)
    return f"{value}<small>{low} – {high}</small>"


def _bounds(conditions: Sequence[Condition]) -> str:
    """Where mean NEES may lie."""
    said = []
    for condition in conditions:
        low, high = mean_nees_bounds(POSITION, len(condition.drives))
        low3, high3 = mean_nees_bounds(POSE, len(condition.drives))
        said.append(f"{condition.name} {low:.2f} – {high:.2f}, with heading {low3:.2f} – {high3:.2f}")
    return (
        '<p class="note">Chi-square bounds (95 %) of the mean NEES, each drive counted as one sample because its '
        f"frames err alike: {escape('; '.join(said))}.</p>"
    )


def _drives(conditions: Sequence[Condition]) -> str:
    rows = "".join(_drive(condition.name, drive) for condition in conditions for drive in condition.drives)
    heads = "".join(
        f"<th>{name}</th>"
        for name in ("way", "found", "driven", "first fix", "fixes", "median error", "false fixes", "error at the end",
                     "error over distance: searching, then fixes")
    )  # fmt: skip
    return (
        f'<div class="wide"><table class="figures"><thead><tr><th>drive</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _drive(condition: str, drive: JudgedDrive) -> str:
    m = drive.metrics
    found = '<td class="good">yes</td>' if m.found else '<td class="bad">no</td>'
    cells = (
        figure_text(m.driven_m, "m"), figure_text(m.first_fix_m, "m"), f"{m.fixes} of {m.frames}",
        figure_text(m.ate_median_m, "m"), figure_text(100.0 * m.false_fix_ratio, "%"),
        "no fix" if math.isinf(m.final_error_m) else figure_text(m.final_error_m, "m"), course(drive),
    )  # fmt: skip
    name = escape(f"{condition}/{drive.name}")
    return f"<tr><th>{name}</th><td>{way(drive)}</td>{found}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
