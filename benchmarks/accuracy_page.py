"""A page for people from what the benchmarks of accuracy wrote; nothing is measured.

    python benchmarks/accuracy_page.py accuracy.json -o accuracy.html [--trajectory F] [--ingredients F] [--curve F ...]
        [--experiments docs/experiments.json] [--map FILE [--crop W,S,E,N]]

`accuracy.json` is of benchmarks/accuracy.py, with its folder accuracy.details beside it; the others are of
trajectory.py and ingredients.py, learning curves of `geoloc train scan` (*.curve.json), and a list of what was tried
(docs/formats.md). --map and --crop are those that accuracy.py was given, if it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _common import city

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.evaluation.accuracy_page.page import PageFiles, write_accuracy_page
from geoloc_ros.evaluation.accuracy_page.sources import read_table
from geoloc_ros.maps.osm import load_map, parse_crop


def main() -> None:
    arguments = _arguments()
    inputs = PageFiles(
        arguments.accuracy, tuple(arguments.trajectory), tuple(arguments.ingredients), tuple(arguments.curve),
        tuple(arguments.experiments),
    )  # fmt: skip
    try:
        geomaps = {}
        for name in read_table(arguments.accuracy).cities():
            path, crop = city(name) if arguments.map is None else (arguments.map, arguments.crop)
            geomaps[name] = load_map(path, crop, Config().map)
        write_accuracy_page(inputs, geomaps, arguments.output)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accuracy", type=Path, help="figures of benchmarks/accuracy.py")
    parser.add_argument("-o", "--output", type=Path, default=Path("accuracy.html"), help="page to write")
    for name in ("trajectory", "ingredients", "curve", "experiments"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--map", type=Path, metavar="FILE", help="that was measured on, in the place of cities")
    parser.add_argument("--crop", type=parse_crop, metavar="W,S,E,N", help="of --map, in degrees")
    return parser.parse_args()


if __name__ == "__main__":
    main()
