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
        values: One per query; NaN where a query says nothing, which then does not count.
        rng: Draws the queries.
        statistic: What is estimated.
        group: (Q,), drive of each query: whole drives are drawn then, as frames of one drive resemble each other.

    Returns:
        Percentiles 2.5 and 97.5 of 1000 draws; NaN where there is no value.
    """
    known = np.isfinite(values)
    values = values[known]
    if len(values) == 0:
        return float("nan"), float("nan")
    numbers = np.arange(len(values)) if group is None else np.unique(group[known], return_inverse=True)[1]
    members = [np.flatnonzero(numbers == number) for number in range(numbers.max() + 1)] if group is not None else []
    estimates = np.empty(_DRAWS)
    for draw in range(_DRAWS):
        chosen = rng.integers(0, numbers.max() + 1, numbers.max() + 1)
        rows = np.concatenate([members[number] for number in chosen]) if group is not None else chosen
        estimates[draw] = values[rows].mean() if statistic == "mean" else np.median(values[rows])
    low, high = np.percentile(estimates, (2.5, 97.5))
    return float(low), float(high)
