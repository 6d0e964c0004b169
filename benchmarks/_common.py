"""What the benchmarks share: where real data lies, and the form of their results."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.maps.osm import Crop

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figure:
    """One number that an issue asks for."""

    name: str
    value: float
    unit: str = ""
    interval: tuple[float, float] | None = None
    """95 %, by bootstrap."""
    n: int = 1


@dataclass(frozen=True)
class Result:
    """What a benchmark writes."""

    seed: int
    noise: str
    figures: list[Figure]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """As JSON, with the commit and the machine."""
        values = {"commit": commit(), "machine": machine(), **asdict(self)}
        with write_beside(path) as partial:
            partial.write_text(json.dumps(values, indent=1) + "\n")

    def print(self) -> None:
        """As a table."""
        print(f"commit {commit()}, seed {self.seed}, noise '{self.noise}', {machine()}")
        for figure in self.figures:
            interval = "" if figure.interval is None else f"  [{figure.interval[0]:.4g}, {figure.interval[1]:.4g}]"
            print(f"{figure.name:24}{figure.value:12.4g} {figure.unit:6}{interval}  n = {figure.n}")


def shared_data() -> Path:
    """Folder of real maps and drives beside the checkout; exits with the reason where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        sys.exit(f"no real maps beside the checkout ({folder}); nothing measured")
    return folder


def city(name: str) -> tuple[Path, Crop]:
    """Map file of a city and the box in which it is complete."""
    folder = shared_data() / "osm"
    west, south, east, north = json.loads((folder / "crops.json").read_text())[name]["crop_wsen"]
    return folder / f"{name}.osm.pbf", (west, south, east, north)


def commit() -> str:
    """Of the checkout, with a + where files differ from it."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True, text=True, check=False,
    )
    return done.stdout.strip() or "unknown"


def machine() -> str:
    """Processor and number of cores."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def bootstrap_median(groups: list[NDArray[np.float64]], rng: np.random.Generator) -> tuple[float, float]:
    """95 % interval of the median of all values, drawing whole groups (e.g. drives) again."""
    draws = [
        np.median(np.concatenate([groups[row] for row in rng.integers(0, len(groups), len(groups))]))
        for _ in range(1000)
    ]
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(low), float(high)
