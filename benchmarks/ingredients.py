"""What each ingredient of the noise `paper` does to retrieval: alone, and left out of the rest.

    python benchmarks/ingredients.py --json ingredients.json [--quick] [--city NAME] [--queries N] [--methods NAME ...]

Figures are as those of benchmarks/accuracy.py, `<city>_top1_<method>_<condition>` and so on with top10 and r10m; the
conditions are `none`, `paper`, `only_<ingredient>` and `without_<ingredient>` (sim/ingredients.py says what they are).
The same poses and headings in all of them; headings are known to 5 degrees and poses are off the places throughout,
`none` too. Methods: the published hand-crafted descriptor, the masked one, and our network without a second look, where
its weights are there.

The validation city, unless another is asked for: test cities are not to be learned from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _common import Result, city, commit
from _rows import named_models
from accuracy import figures_of

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.terminal import progress_bar
from geoloc_ros.evaluation.accuracy import Label, judge
from geoloc_ros.evaluation.conditions import Condition
from geoloc_ros.evaluation.database import build_database
from geoloc_ros.evaluation.methods import NamedModel, make_rows
from geoloc_ros.evaluation.queries import draw_poses
from geoloc_ros.evaluation.retrieval_details import RetrievalDetails
from geoloc_ros.sim.ingredients import INGREDIENTS, only, without
from geoloc_ros.sim.noise import LEVELS, PAPER

METHODS = ("handcrafted", "handcrafted_masked", "ours")
MEASURES = ("top1", "top10", "r10m")


def main() -> None:
    arguments = _arguments()
    figures, rows = [], []
    try:
        for details in _measure(arguments):
            new_figures, new_rows = figures_of(details)
            begin = tuple(f"{measure}_{method}_" for measure in MEASURES for method in details.methods)
            figures += [f for f in new_figures if f.name.removeprefix(f"{details.city}_").startswith(begin)]
            rows += [
                {key: value for key, value in row.items() if key in MEASURES or not isinstance(value, dict)}
                for row in new_rows
            ]
            top1 = [f"{row['method']} {row['top1']['value']:.1f}" for row in new_rows]
            print(f"{details.condition:24}top-1 %: {', '.join(top1)}", flush=True)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    Result(arguments.seed, "paper, ingredient by ingredient", figures, rows).write(arguments.json)


def conditions() -> list[Condition]:
    """None of the noise, all of it, and each ingredient alone and left out."""
    return [
        Condition("none", LEVELS["none"]),
        Condition("paper", PAPER),
        *(Condition(f"only_{name}", only(PAPER, name)) for name in INGREDIENTS),
        *(Condition(f"without_{name}", without(PAPER, name)) for name in INGREDIENTS),
    ]


def _measure(arguments: argparse.Namespace) -> Iterator[RetrievalDetails]:
    database = build_database(*city(arguments.city), Config())
    # Ranks are those of descriptors: no second look at the best places.
    models = [NamedModel(model.name, model.file) for model in named_models([])]
    methods = make_rows(database, models, arguments.seed, arguments.methods)
    for reason in methods.skipped:
        print(f"skipped {reason}", file=sys.stderr)
    rng = np.random.default_rng([arguments.seed, 20])
    poses = draw_poses(database.geomap, database.places, arguments.queries, rng)
    label = Label(arguments.city, arguments.seed, commit(), "")
    wanted = conditions()
    with progress_bar() as bar:
        for number, condition in enumerate(wanted):
            bar(f"{arguments.city} {condition.name}", number / len(wanted))
            yield judge(database, methods, condition, poses, label)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="100 queries: to see that it runs")
    parser.add_argument("--city", default="kyoto", metavar="NAME", help="of crops.json (kyoto)")
    parser.add_argument("--queries", type=int, help="how many (600)")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.queries = arguments.queries or (100 if arguments.quick else 600)
    return arguments


if __name__ == "__main__":
    main()
