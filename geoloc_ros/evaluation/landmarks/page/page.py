"""The page itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.landmarks import NotFound
from geoloc_ros.evaluation.landmarks.accuracy import AIM_DEG, AIM_RATIO, FINE_DEG, FINE_M, Estimate
from geoloc_ros.evaluation.landmarks.landmark_evaluation import JudgedMethod, LandmarkEvaluation
from geoloc_ros.evaluation.landmarks.page.curves import (
    angle_curves,
    occlusion_curves,
    occlusion_found,
    position_curves,
    series,
)
from geoloc_ros.evaluation.landmarks.page.drawn_view import drawn_view

_REASONS = 12
_KEY = (
    '<p class="legend key"><span><i class="ring agrees"></i>landmark that agrees with the pose</span>'
    '<span><i class="ring disagrees"></i>landmark that does not</span>'
    '<span><i class="true"></i>to where it truly is</span></p>'
)


def write_landmark_page(evaluation: LandmarkEvaluation, output_html: Path) -> None:
    """Write the page `output_html`, replaced if it exists; the same evaluation gives the same bytes."""
    first = evaluation.methods[0]
    page = Template(_asset("geoloc_ros.evaluation.evaluation_page", "page.html")).substitute(
        title="Landmarks",
        subtitle=escape(f"{evaluation.scene}: {first.accuracy.views} views"),
        style="".join(
            _asset(f"geoloc_ros.evaluation.{folder}", "page.css")
            for folder in ("report", "accuracy_page", "landmarks.page")
        ),
        tiles="\n".join(_tiles(first)),
        panels="\n".join(_panels(evaluation)),
    )
    with write_beside(output_html) as partial:
        partial.write_text(page, encoding="utf-8")


def _asset(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _tiles(method: JudgedMethod) -> Iterator[str]:
    accuracy = method.accuracy
    values = (
        (f"{_number(100.0 * accuracy.median_m.value)} cm", "median error of the position"),
        (f"{_number(accuracy.median_deg.value)}°", "median error of the angle"),
        (f"{_number(100.0 * accuracy.median_ratio.value)} %", "of the distance to the surface"),
        (f"{_percent(accuracy.found_ratio.value)} %", "of the views found"),
        (f"{_percent(accuracy.wrong_ratio)} %", "given a pose that is far off"),
        (f"{_percent(method.calibration.pose_ratio)} %", "of the poses inside of their 95 % ellipsoid"),
    )
    for value, name in values:
        yield f"<li><b>{escape(value)}</b><span>{escape(name)}</span></li>"


def _panels(evaluation: LandmarkEvaluation) -> Iterator[str]:
    methods = evaluation.methods
    yield _panel("errors", "Errors", _table(methods) + _notes(methods))
    legend = _legend([(each.name, series(number)) for number, each in enumerate(methods)])
    charts = f'<div class="charts">{position_curves(methods)}{angle_curves(methods)}</div>'
    yield _panel("cumulative", "How many views, how exactly", legend + charts)
    if evaluation.occlusion:
        numbers = {each.name: series(number) for number, each in enumerate(methods)}
        curves = evaluation.occlusion
        chart = f'<div class="charts">{occlusion_curves(curves, numbers)}{occlusion_found(curves, numbers)}</div>'
        note = '<p class="note">A block of noise somewhere in the image. A curve ends where most views are lost.</p>'
        yield _panel("occlusion", "Occlusion", legend + chart + note)
    if evaluation.views:
        views = "".join(map(drawn_view, evaluation.views))
        yield _panel("shown", "Views, from the best to the worst", f'{_KEY}<div class="views">{views}</div>')
    lost = _lost(methods[0])
    if lost:
        yield _panel("lost", "Not found", lost)
    if evaluation.facts:
        yield _panel("source-panel", "Sources", _facts(evaluation.facts))


def _panel(name: str, title: str, body: str) -> str:
    head = f'<div class="panel-title"><h2>{escape(title)}</h2></div>'
    return f'<section class="panel {name}">{head}{body}</section>'


def _legend(names: Sequence[tuple[str, int]]) -> str:
    items = "".join(f'<span><i class="dot series-{number}"></i>{escape(name)}</span>' for name, number in names)
    return f'<p class="legend">{items}</p>'


def _table(methods: Sequence[JudgedMethod]) -> str:
    heads = (
        "position, cm<small>median</small>", "angle, °<small>median</small>", "% of distance<small>median</small>",
        "found, %", f"{100 * FINE_M:g} cm and {FINE_DEG:g}°<small>% of views</small>",
        f"{100 * AIM_RATIO:g} % and {AIM_DEG:g}°<small>% of views</small>", "far off, %",
        "inside 95 %<small>position; pose</small>",
    )  # fmt: skip
    head = "".join(f"<th>{text}</th>" for text in heads)
    return (
        f'<div class="wide"><table class="figures"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(map(_row, methods))}</tbody></table></div>"
    )


def _row(method: JudgedMethod) -> str:
    of, calibration = method.accuracy, method.calibration
    cells = [
        _cell(of.median_m, 100.0), _cell(of.median_deg), _cell(of.median_ratio, 100.0), _cell(of.found_ratio, 100.0),
        _cell(of.fine_ratio, 100.0), _cell(of.aim_ratio, 100.0), f"<td>{_percent(of.wrong_ratio)}</td>",
        f"<td>{_percent(calibration.position_ratio)}; {_percent(calibration.pose_ratio)}</td>",
    ]  # fmt: skip
    return f'<tr><th title="{escape(method.meaning)}">{escape(method.name)}</th>{"".join(cells)}</tr>'


def _cell(estimate: Estimate, factor: float = 1.0) -> str:
    low, high = (_number(factor * bound) for bound in estimate.interval)
    return f"<td>{_number(factor * estimate.value)}<small>{low} – {high}</small></td>"


def _notes(methods: Sequence[JudgedMethod]) -> str:
    items = "".join(f"<li><b>{escape(each.name)}</b> {escape(each.meaning)}</li>" for each in methods)
    return (
        f'<ul class="note">{items}</ul><p class="note">Views that are not found count as infinitely wrong in medians '
        "and shares. Small: 95 % interval by drawing the views again. Distance: to the surface, median of the view's "
        "depth. Far off: a pose was given that is another place.</p>"
    )


def _lost(method: JudgedMethod) -> str:
    """Why views were not found, reasons without their numbers counted together."""
    reasons = [answer.reason for answer in method.judged.answers if isinstance(answer, NotFound)]
    kinds = ["".join("#" if letter.isdigit() else letter for letter in reason) for reason in reasons]
    counts, example = Counter(kinds), dict(zip(kinds, reasons, strict=True))
    rows = [(f"{count} views", f"such as: {example[kind]}") for kind, count in counts.most_common(_REASONS)]
    return _facts(rows) if rows else ""


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in facts)
    return f"<table>{rows}</table>"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100.0 * share:.1f}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.3g}"
