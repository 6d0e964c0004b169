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
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.evaluation.photos.costs import PhotoCosts
from geoloc_ros.evaluation.photos.page.gallery import OTHERS, WORST, galleries
from geoloc_ros.evaluation.photos.photo_evaluation import PhotoEvaluation
from geoloc_ros.evaluation.photos.recall import DEPTHS, Recall

_TOLD = 20
_KEY = (
    '<p class="legend key"><span><i class="query"></i>query</span><span><i class="right"></i>right</span>'
    '<span><i class="wrong"></i>wrong</span><span><i class="missed"></i>right, and not among the first five</span></p>'
)


def write_photo_page(evaluation: PhotoEvaluation, output_html: Path, progress: ProgressCallback = no_progress) -> None:
    """Write the page `output_html`, replaced if it exists; the same evaluation gives the same bytes."""
    judged = evaluation.judged
    names = f"{len(judged.asked)} queries, {len(judged.retrieved.database)} photos of {judged.retrieved.database.name}"
    page = Template(_asset("geoloc_ros.evaluation.evaluation_page", "page.html")).substitute(
        title="Photos",
        subtitle=escape(names),
        style="".join(
            _asset(f"geoloc_ros.evaluation.{folder}", "page.css")
            for folder in ("report", "accuracy_page", "photos.page")
        ),
        tiles="\n".join(_tiles(evaluation)),
        panels="\n".join(_panels(evaluation, progress)),
    )
    with write_beside(output_html) as partial:
        partial.write_text(page, encoding="utf-8")


def _asset(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _tiles(evaluation: PhotoEvaluation) -> Iterator[str]:
    whole, costs = evaluation.judged.recalls[0], evaluation.costs
    values = [(f"{_percent(share)} %", f"recall@{depth}") for depth, share in zip(DEPTHS, whole.share, strict=True)]
    values += [
        (str(whole.judged), f"queries judged; {whole.asked - whole.judged} have no right photo"),
        (str(costs.dimension), "numbers per photo"),
        (f"{costs.extraction_ms:.1f} ms", "extraction, one photo"),
        (f"{costs.search_ms:.2f} ms", "search, one query"),
    ]
    for value, name in values:
        yield f"<li><b>{escape(value)}</b><span>{escape(name)}</span></li>"


def _panels(evaluation: PhotoEvaluation, progress: ProgressCallback) -> Iterator[str]:
    judged = evaluation.judged
    yield _panel("recall", "Recall", _table(judged.recalls) + _notes(judged.recalls))
    if judged.sequences:
        yield _panel("sequences", "Sequences of photos", _table(judged.sequences) + _notes(judged.sequences))
    yield _panel("costs", "Costs", _facts(tuple(_costs(evaluation.costs))))
    for condition, markup in galleries(judged, progress):
        title = f"Queries: {condition}" if condition else "Queries"
        note = f'<p class="note">The {WORST} that went worst, then {OTHERS} of the rest.</p>'
        yield _panel("queries", title, _KEY + note + markup)
    if evaluation.problems:
        yield _panel("problems", "Left out", _problems(evaluation))
    yield _panel("source-panel", "Sources", _facts(evaluation.facts))


def _panel(name: str, title: str, body: str) -> str:
    head = f'<div class="panel-title"><h2>{escape(title)}</h2></div>'
    return f'<section class="panel {name}">{head}{body}</section>'


def _table(recalls: Sequence[Recall]) -> str:
    heads = "".join(f"<th>R@{depth}<small>95 %; chance</small></th>" for depth in DEPTHS)
    return (
        f'<div class="wide"><table class="figures"><thead><tr><th></th>{heads}<th>judged</th><th>of queries</th>'
        f"<th>photos</th></tr></thead><tbody>{''.join(map(_row, recalls))}</tbody></table></div>"
    )


def _row(recall: Recall) -> str:
    cells = "".join(
        f"<td>{_percent(share)} %<small>{_percent(low)} – {_percent(high)}; {_percent(chance)}</small></td>"
        for share, (low, high), chance in zip(recall.share, recall.interval, recall.chance, strict=True)
    )
    counts = f"<td>{recall.judged}</td><td>{recall.asked}</td><td>{recall.photos}</td>"
    return f'<tr><th title="{escape(recall.meaning)}">{escape(recall.name)}</th>{cells}{counts}</tr>'


def _notes(recalls: Sequence[Recall]) -> str:
    items = "".join(f"<li><b>{escape(each.name)}</b> {escape(each.meaning)}</li>" for each in recalls)
    return (
        f'<details><summary>What they mean</summary><ul class="note">{items}</ul></details>'
        '<p class="note">Small: 95 % interval by drawing stretches of drives again; what photos drawn at random '
        "would get. Queries for which no photo of the database is right count nowhere.</p>"
    )


def _costs(costs: PhotoCosts) -> Iterator[tuple[str, str]]:
    yield "arithmetic of a photo", _number(costs.flops / 1e9, "GFLOP")
    yield "parameters", _number(costs.parameters / 1e6, "million")
    yield "descriptor", f"{costs.dimension} numbers"
    yield "extraction", _number(costs.extraction_ms, "ms, one photo at a time, median")
    yield "search", _number(costs.search_ms, f"ms, one query at a time, median: {costs.search}")
    yield "memory of the search", _number(costs.search_mb, f"MB for {costs.photos} photos")


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in facts)
    return f"<table>{rows}</table>"


def _problems(evaluation: PhotoEvaluation) -> str:
    problems = evaluation.problems
    rows = _facts([(problem.file, problem.reason) for problem in problems[:_TOLD]])
    more = Counter(problem.reason for problem in problems[_TOLD:]).most_common(_TOLD)
    return rows + "".join(f'<p class="note">and {count} times: {escape(reason)}</p>' for reason, count in more)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100.0 * share:.1f}"


def _number(value: float, unit: str) -> str:
    return "not known" if math.isnan(value) else f"{value:.4g} {unit}"
