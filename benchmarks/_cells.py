"""Tables of figures with their intervals, conditions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoloc_ros.evaluation.run_figures import RunFigure

_ABREAST = 4


def print_figures(figures: Mapping[str, Sequence[RunFigure]]) -> None:
    """A row for every figure, a column for every condition, a few at a time."""
    conditions = list(figures)
    for start in range(0, len(conditions), _ABREAST):
        shown = conditions[start : start + _ABREAST]
        print(f"{'':30}" + "".join(f"{condition:>26}" for condition in shown))
        names = dict.fromkeys(f"{figure.name} {figure.unit}" for condition in shown for figure in figures[condition])
        for name in names:
            print(f"{name:30}" + "".join(f"{_find(figures[condition], name):>26}" for condition in shown))
        print()


def cell(figure: RunFigure) -> str:
    """Value and interval."""
    low, high = figure.interval
    return f"{figure.value:.3g} [{low:.3g}, {high:.3g}]" if figure.n else "-"


def _find(figures: Sequence[RunFigure], name: str) -> str:
    return next((cell(figure) for figure in figures if f"{figure.name} {figure.unit}" == name), "-")
