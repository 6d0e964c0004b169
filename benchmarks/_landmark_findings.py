"""What one part of the benchmark of landmarks found, kept in a file so that an interrupted run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from _common import Figure

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.evaluation.landmarks.accuracy import Estimate
from geoloc_ros.evaluation.landmarks.landmark_files import finite


@dataclass
class Findings:
    """Figures and rows of one part, in the order in which they were found."""

    figures: list[Figure] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def figure(self, name: str, value: float | Estimate, unit: str = "", n: int = 1) -> None:
        """A promised number; left out where it is infinite, which JSON does not know: its row says so."""
        estimate = value if isinstance(value, Estimate) else Estimate(float(value), (np.nan, np.nan))
        if np.isfinite(estimate.value):
            known = bool(np.isfinite(estimate.interval).all())
            self.figures.append(Figure(name, estimate.value, unit, estimate.interval if known else None, n))

    def row(self, part: str, **values: Any) -> None:
        """A line of a table; what is infinite is null."""
        self.rows.append(finite({"part": part, **values}))

    def of(self, part: str) -> Iterator[dict[str, Any]]:
        """Rows of a table."""
        return (row for row in self.rows if row["part"] == part)

    def take(self, other: Findings) -> None:
        """Those of another part, too."""
        self.figures += other.figures
        self.rows += other.rows


def kept(file: Path, stamp: str, measure: Callable[[Findings], None]) -> Findings:
    """What `file` holds if it was measured with the same stamp; else measured now, and kept there."""
    if file.exists() and (known := json.loads(file.read_text()))["stamp"] == stamp:
        return Findings([_figure(each) for each in known["figures"]], known["rows"])
    findings = Findings()
    measure(findings)
    # As if it had been read, so that the first run and the second say the same.
    tree = {"stamp": stamp, "figures": [asdict(each) for each in findings.figures], "rows": findings.rows}
    text = json.dumps(tree, indent=1, allow_nan=False)
    with write_beside(file) as partial:
        partial.write_text(text + "\n")
    known = json.loads(text)
    return Findings([_figure(each) for each in known["figures"]], known["rows"])


def _figure(values: dict[str, Any]) -> Figure:
    interval = values["interval"]
    return Figure(**{**values, "interval": None if interval is None else (interval[0], interval[1])})
