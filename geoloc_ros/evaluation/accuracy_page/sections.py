"""Panels of the page, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from geoloc_ros.evaluation.accuracy_page import figures
from geoloc_ros.evaluation.accuracy_page.labels import (
    city_name,
    condition_name,
    count_text,
    leader,
    method_name,
    series_of,
)  # fmt: skip
from geoloc_ros.evaluation.accuracy_page.polar import common_reach, scan_plot
from geoloc_ros.evaluation.accuracy_page.sources import Curve, Experiment, Table
from geoloc_ros.evaluation.accuracy_page.tables import MEASURES, accuracy_table, trajectory_table
from geoloc_ros.evaluation.accuracy_page.worst import NUM_WORST, WorstQuery, explain, worst_queries
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails


def panel(identity: str, title: str, body: str, tools: str = "") -> str:
    """A box of the page; `body` and `tools` are markup."""
    return (
        f'<section class="panel" id="{identity}"><div class="panel-title"><h2>{escape(title)}</h2>{tools}</div>'
        f"{body}</section>"
    )


def accuracy_panel(table: Table) -> str:
    """A table per city, of one measure at a time."""
    shown = [measure for measure in MEASURES if any(measure.name in row.measures for row in table.rows)]
    buttons = "".join(
        f'<button data-choose-measure="{measure.name}" title="{escape(measure.explanation)}">'
        f"{escape(measure.title)}</button>"
        for measure in shown
    )
    tables = "".join(
        f'<div class="wide" data-measure="{measure.name}"{"" if measure is shown[0] else " hidden"}>'
        f"{accuracy_table(table.of_city(city), measure)}</div>"
        for measure in shown
        for city in table.cities()
    )
    note = (
        '<p class="note">Small: 95 % bootstrap intervals over queries. Bold: the best of a column. Queries are seen '
        "from an edited copy of the map, never from the geometry that places were made of; all methods get the same "
        "ones. Published figures are of real images of the same city, not of these queries.</p>"
    )
    return panel("accuracy", "Single retrieval", tables + note, f'<span class="buttons">{buttons}</span>')


def recall_panel(everything: Sequence[RetrievalDetails]) -> str:
    """Recall curves of what is chosen above."""
    body = "".join(
        _view(number, figures.recall_curves(details) + legend(details.methods))
        for number, details in enumerate(everything)
    )
    return panel("recall", "Recall by rank", body)


def legend(methods: Iterable[str]) -> str:
    """Names and colours of methods."""
    series = series_of(methods)
    return _legend((series[name], method_name(name)) for name in sorted(methods, key=lambda name: series[name]))


def worst_panel(everything: Sequence[RetrievalDetails]) -> str:
    """The worst queries of what is chosen above."""
    method = " / ".join(dict.fromkeys(method_name(leader(details.methods)) for details in everything))
    body = "".join(
        _view(number, '<div class="cards">' + "".join(
            _card(worst, details) for worst in worst_queries(details, details.methods.index(leader(details.methods)))
        ) + "</div>")
        for number, details in enumerate(everything)
    )  # fmt: skip
    key = (
        '<span class="legend"><span><i class="swatch instances"></i>walls, a colour per building</span>'
        '<span><i class="swatch open"></i>open view</span><span><i class="swatch unobserved"></i>not observed</span>'
        '<span><i class="dot dots"></i>hits of the query, as the method has to place them</span></span>'
    )
    return panel("worst", f"The {NUM_WORST} worst queries of {method}; north is up", body, key)


def _card(worst: WorstQuery, details: RetrievalDetails) -> str:
    share = worst.rank / worst.num_places
    reach_m = common_reach(worst.observed, worst.truth, worst.found)
    there, found = worst.at_truth, worst.at_found
    plots = [
        ("observed", scan_plot(
            worst.observed, there.ray0_rad, reach_m, "observed", there.ray0_rad + worst.heading_rad)),
        ("map at the true place", scan_plot(worst.truth, 0.0, reach_m, "map at the true place",
                                            overlay=(worst.observed, there))),
        (f"map at the place found, {count_text(worst.distance_m)} m away", scan_plot(
            worst.found, 0.0, reach_m, "map at the place found",
            overlay=None if found is None else (worst.observed, found))),
    ]  # fmt: skip
    drawn = "".join(f"<figure>{plot}<figcaption>{escape(text)}</figcaption></figure>" for text, plot in plots)
    shares = worst.shares
    said = [f"{shares.observed:.0%} of rays observed", f"{shares.walls:.0%} with a wall on the map"]
    said += [f"{shares.wrong:.0%} of hits on none"] if shares.wrong == shares.wrong else ["no hits"]
    said += [f"{shares.open:.0%} of walls read as open"] if shares.open == shares.open else []
    return (
        f'<div class="card"><p><b>query {worst.query}</b>: rank {count_text(worst.rank)} of '
        f"{count_text(worst.num_places)} ({share:.1%})</p>"
        f'<div class="plots">{drawn}</div><p>{escape(explain(shares))}</p>'
        f'<p class="note">{escape(", ".join(said))}; rim at {reach_m:.0f} m</p></div>'
    )


def trajectory_panel(tables: Sequence[Table]) -> str:
    """All cities and conditions below each other."""
    parts = []
    for table in tables:
        for city, condition in dict.fromkeys((row.city, row.condition) for row in table.rows):
            rows = [row for row in table.rows if (row.city, row.condition) == (city, condition)]
            parts.append(f'<div class="wide">{trajectory_table(rows)}</div>')
    return panel("trajectories", "Trajectories", "".join(parts))


def experiments_panel(experiments: Sequence[Experiment]) -> str:
    """What was tried, by group and city, with the notes below."""
    parts = []
    num_letters = max((len(each.name) for each in experiments), default=0)
    for group, city in dict.fromkeys((each.group, each.city) for each in experiments):
        chosen = [each for each in experiments if (each.group, each.city) == (group, city)]
        head = f"{group}, {city_name(city)}" if group else city_name(city)
        notes = "".join(f"<li><b>{escape(each.name)}</b> {escape(each.note)}</li>" for each in chosen if each.note)
        told = f"<details><summary>Notes</summary><ul>{notes}</ul></details>" if notes else ""
        parts.append(f"<h3>{escape(head)}</h3>{figures.experiment_bars(chosen, num_letters)}{told}")
    key = _legend([(figures.TOP1_SERIES, "top 1 %"), (figures.R10M_SERIES, "within 10 m")])
    return panel("experiments", "Ablations", "".join(parts), key)


def learning_panel(curves: Sequence[Curve]) -> str:
    """Validation over minutes of training."""
    body = figures.learning_curves(curves) + _legend((number + 1, curve.name) for number, curve in enumerate(curves))
    return panel("learning", "Learning curve", body)


def ingredients_panel(table: Table) -> str:
    """What each ingredient of the noise does, in each city."""
    parts = []
    for city in table.cities():
        rows = table.of_city(city)
        parts.append(
            f'<div class="pair"><div><h3>{escape(city_name(city))}: one ingredient alone, top 1 %</h3>'
            f"{figures.ingredient_bars(rows, 'only')}</div>"
            f"<div><h3>all but one, top 1 %</h3>{figures.ingredient_bars(rows, 'without')}</div></div>"
        )
        parts.append(
            f'<p class="note">{count_text(rows[0].count)} queries, {count_text(rows[0].places)} places, seed '
            f"{rows[0].seed}, commit {escape(rows[0].commit)}; heading ±5°, poses off the places in all of them.</p>"
        )
    methods = dict.fromkeys(row.method for row in table.rows)
    return panel("ingredients", "Ingredients of the noise", "".join(parts), legend(methods))


def view_options(everything: Sequence[RetrievalDetails]) -> str:
    """Choices of city and condition."""
    return "".join(
        f'<option value="{number}">{escape(city_name(details.city))}: '
        f"{escape(condition_name(details.condition))}</option>"
        for number, details in enumerate(everything)
    )


def _view(number: int, body: str) -> str:
    """Shown while the result of that number is chosen; the first without any script."""
    return f'<div data-result="{number}"{" hidden" if number else ""}>{body}</div>'


def _legend(entries: Iterable[tuple[int, str]]) -> str:
    inside = "".join(f'<span><i class="dot series-{series}"></i>{escape(name)}</span>' for series, name in entries)
    return f'<p class="legend">{inside}</p>'
