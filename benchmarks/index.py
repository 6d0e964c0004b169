"""What it takes to index a city: time, memory, size.

    python benchmarks/index.py --json index.json MAP [--crop W,S,E,N] [--quick]

MAP is a map file, or the name of a city in crops.json, with the crop there. Seconds are medians of five runs, or one
with --quick, in this process on all its cores; memory is the largest the process ever had, libraries included.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from _common import Figure, Result, city

from geoloc_ros.core.config import Config
from geoloc_ros.index import index_map
from geoloc_ros.maps.osm import parse_crop


def main() -> None:
    arguments = _arguments()
    path, crop = Path(arguments.map), parse_crop(arguments.crop) if arguments.crop else None
    if not path.exists():
        path, crop = city(arguments.map)
    with tempfile.TemporaryDirectory() as folder:
        runs = [index_map(path, Path(folder) / "index", crop, Config()) for _ in range(1 if arguments.quick else 5)]
    last = runs[-1]
    result = Result(
        seed=0,
        noise="none",
        figures=[
            Figure("places", last.places),
            Figure("viewpoints", last.viewpoints),
            Figure("buildings", last.buildings),
            Figure("road_km", last.road_km, "km"),
            Figure("total_s", float(np.median([run.total_s for run in runs])), "s", n=len(runs)),
            Figure("raycast_s", float(np.median([run.raycast_s for run in runs])), "s", n=len(runs)),
            Figure("peak_mb", last.peak_mb, "MB"),
            Figure("artifact_mb", last.artifact_mb, "MB"),
        ],
        rows=[{**asdict(run), "path": path.name} for run in runs],
    )
    result.print()
    result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("map", metavar="MAP", help="map file, or a city of crops.json")
    parser.add_argument("--crop", help="W,S,E,N in degrees")
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="one run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
