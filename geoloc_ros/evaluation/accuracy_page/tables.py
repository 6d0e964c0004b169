"""Tables of methods under conditions, and of trajectories."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from geoloc_ros.evaluation.accuracy_page.labels import (
    CONDITIONS,
    PUBLISHED,
    PUBLISHED_CITY,
    city_name,
    condition_name,
    count_text,
    method_name,
    series_of,
)  # fmt: skip
from geoloc_ros.evaluation.accuracy_page.sources import Estimate, Row


@dataclass(frozen=True)
class Measure:
    """One of the tables that a reader chooses between."""

    name: str
    title: str
    explanation: str
    unit: str = "%"
    lower_is_better: bool = False


MEASURES = (
    Measure("top1", "Top 1 %", "share of queries whose true place is among the most alike 1 % of the city"),
    Measure("top10", "Top 10 %", "share of queries whose true place is among the most alike 10 % of the city"),
    Measure("r5m", "Within 5 m", "share of queries whose best place is at most 5 m away"),
    Measure("r10m", "Within 10 m", "share of queries whose best place is at most 10 m away"),
    Measure("r25m", "Within 25 m", "share of queries whose best place is at most 25 m away"),
    Measure("r10m_at10", "10 m, one of ten", "share of queries with one of the ten best places at most 10 m away"),
    Measure("heading_deg", "Heading", "median error of the heading found, over all queries", "°", True),
)
LENGTHS = ("t80", "t160", "t320")


@dataclass(frozen=True)
class Column:
    """One column: what it says of a method."""

    title: str
    note: str
    value: Callable[[str], Estimate | None]
    lower_is_better: bool = False
    published: bool = False
    """Not measured here: never the best."""


def accuracy_table(rows: Sequence[Row], measure: Measure) -> str:
    """Methods by conditions for one city; published figures beside."""
    methods = list(dict.fromkeys(row.method for row in rows))
    conditions = list(dict.fromkeys(row.condition for row in rows))
    columns = []
    for condition in conditions:
        found = {row.method: row for row in rows if row.condition == condition}
        count = next(iter(found.values())).count
        note = CONDITIONS.get(condition, ("", ""))[1]
        if count != rows[0].count:
            note += f"; {count_text(count)} queries"
        columns.append(Column(condition_name(condition), note, _measured(found, measure.name), measure.lower_is_better))
        if condition == "paper":
            columns += _published(rows[0].city, measure.name)
    return _table(_caption(rows, measure.title, measure.explanation, "queries"), methods, columns, measure.unit)


def trajectory_table(rows: Sequence[Row]) -> str:
    """Methods by lengths for one city and condition, among candidates and exact."""
    found = {row.method: row for row in rows}
    columns = []
    for suffix, note in (("", "among candidates"), ("_exact", "among all paths")):
        for length in LENGTHS:
            columns.append(Column(f"{length[1:]} m", note, _measured(found, length + suffix)))
            if not suffix and rows[0].condition == "paper":
                columns += _published(rows[0].city, length)
    title = f"Trajectories, {condition_name(rows[0].condition)}"
    what = "share of drives whose best path ends within 10 m of the drive's end"
    return _table(_caption(rows, title, what, "drives"), list(found), columns, "%")


def _measured(found: dict[str, Row], name: str) -> Callable[[str], Estimate | None]:
    def value(method: str) -> Estimate | None:
        row = found.get(method)
        return None if row is None else row.measures.get(name)

    return value


def _published(city: str, name: str) -> list[Column]:
    if city != PUBLISHED_CITY or not any(name in values for values in PUBLISHED.values()):
        return []

    def value(method: str) -> Estimate | None:
        values = PUBLISHED.get(method, {})
        return Estimate(values[name]) if name in values else None

    return [Column("published", "real images", value, published=True)]


def _caption(rows: Sequence[Row], title: str, what: str, counted: str) -> str:
    sizes = f"{count_text(rows[0].places)} places, {count_text(rows[0].count)} {counted}"
    facts = f"{sizes}, seed {rows[0].seed}, commit {rows[0].commit}"
    return f"<b>{escape(city_name(rows[0].city))}: {escape(title)}</b> {escape(what)}; {escape(facts)}"


def _table(caption: str, methods: Sequence[str], columns: Sequence[Column], unit: str) -> str:
    series = series_of(methods)
    head = "".join(
        f'<th scope="col"{_class(column)}>{escape(column.title)}<small>{escape(column.note)}</small></th>'
        for column in columns
    )
    best = [_best(column, methods) for column in columns]
    body = "".join(
        f'<tr><th scope="row"><i class="dot series-{series[method]}"></i>{escape(method_name(method))}</th>'
        + "".join(_cell(column, column.value(method), best[n], unit) for n, column in enumerate(columns))
        + "</tr>"
        for method in methods
    )
    foot = "".join(f"<td{_class(column)}>{_chance(column, methods, unit)}</td>" for column in columns)
    return (
        f'<table class="figures"><caption>{caption}</caption><thead><tr><th></th>{head}</tr></thead>'
        f'<tbody>{body}</tbody><tfoot><tr><th scope="row">chance</th>{foot}</tr></tfoot></table>'
    )


def _class(column: Column) -> str:
    return ' class="published"' if column.published else ""


def _best(column: Column, methods: Sequence[str]) -> float:
    """NaN where there is none."""
    values = [estimate.value for method in methods if (estimate := column.value(method)) is not None]
    values = [value for value in values if math.isfinite(value)]
    if column.published or not values:
        return math.nan
    return min(values) if column.lower_is_better else max(values)


def _cell(column: Column, estimate: Estimate | None, best: float, unit: str) -> str:
    if estimate is None or not math.isfinite(estimate.value):
        return f"<td{_class(column)}>–</td>"
    value = f"{estimate.value:.1f}{unit if unit != '%' else ''}"
    if estimate.interval is not None:
        low, high = estimate.interval
        value += f"<small>{low:.1f} – {high:.1f}</small>"
    if estimate.value == best:
        return f'<td class="best">{value}</td>'
    return f"<td{_class(column)}>{value}</td>"


def _chance(column: Column, methods: Sequence[str], unit: str) -> str:
    """The same for all methods that have one."""
    chances = [estimate.chance for method in methods if (estimate := column.value(method)) is not None]
    chances = [chance for chance in chances if math.isfinite(chance)]
    if not chances:
        return ""
    return f"{chances[0]:.{0 if chances[0] >= 10.0 else 1 if chances[0] >= 1.0 else 2}f}{unit if unit != '%' else ''}"
