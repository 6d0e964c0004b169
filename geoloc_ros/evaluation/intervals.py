"""How sure a figure is: intervals by drawing the queries again."""

from __future__ import annotations

from typing import Literal

import numpy as np

from geoloc_ros.core.types import Float64, Int64

Statistic = Literal["mean", "median"]

_DRAWS = 1000


def bootstrap_interval(
    values: Float64, rng: np.random.Generator, statistic: Statistic = "mean", group: Int64 | None = None
) -> tuple[float, float]:
    """95 % interval of the mean or median of values (Q,) over queries drawn again with replacement.

    Args:
        values: One per query; NaN where a query says nothing, which then does not count. A median takes infinities.
        rng: Draws the queries.
        statistic: What is estimated.
        group: (Q,), drive of each query: whole drives are drawn then, as frames of one drive resemble each other.

    Returns:
        Percentiles 2.5 and 97.5 of 1000 draws; NaN where there is no value.
    """
    known = ~np.isnan(values)
    values = values[known]
    if len(values) == 0:
        return float("nan"), float("nan")
    if group is None:
        estimates = _single(values, rng, statistic)
    else:
        estimates = _grouped(values, np.unique(group[known], return_inverse=True)[1], rng, statistic)
    # No interpolation: between a number and infinity there is nothing.
    low, high = np.percentile(estimates, (2.5, 97.5), method="nearest" if np.isinf(estimates).any() else "linear")
    return float(low), float(high)


def _single(values: Float64, rng: np.random.Generator, statistic: Statistic) -> Float64:
    estimates = np.empty(_DRAWS)
    for draw in range(_DRAWS):
        chosen = values[rng.integers(0, len(values), len(values))]
        estimates[draw] = chosen.mean() if statistic == "mean" else np.median(chosen)
    return estimates


def _grouped(values: Float64, group: Int64, rng: np.random.Generator, statistic: Statistic) -> Float64:
    """How often each group was drawn is all that matters: no row is copied."""
    num_groups = int(group.max()) + 1
    times = rng.multinomial(num_groups, np.full(num_groups, 1.0 / num_groups), _DRAWS)
    if statistic == "mean":
        sums, counts = np.bincount(group, values), np.bincount(group)
        return np.asarray(times @ sums / (times @ counts))
    order = np.argsort(values)
    estimates = np.empty(_DRAWS)
    for draw in range(_DRAWS):
        until = np.cumsum(times[draw][group[order]])
        middle = np.searchsorted(until, [(until[-1] - 1) // 2, until[-1] // 2], side="right")
        estimates[draw] = values[order[middle]].mean()
    return estimates
