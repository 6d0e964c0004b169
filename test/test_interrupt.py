"""A signal may come at any time: a verb that is interrupted where it says how far it is leaves nothing half-written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.index import index_map
from geoloc_ros.localize import localize_bag
from geoloc_ros.report import write_report
from geoloc_ros.simulate import simulate_drive

SMALL = ("sim.city_size_m=250", "sim.width=64", "sim.height=20")

Verb = Callable[[Path, ProgressCallback], object]


@pytest.fixture(scope="session")
def inputs(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the drive, its index and its trace."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "drive.mcap").symlink_to(tiny_drive.bag)
    (folder / "city.osm").symlink_to(tiny_drive.map_file)
    index_map(folder / "city.osm", folder / "city.index", None, Config(), no_progress)
    localize_bag(folder / "drive.mcap", folder / "city.index", folder / "out.tum", Config(), no_progress)
    return folder


def make_verb(name: str, inputs: Path) -> Verb:
    index, bag, trace = inputs / "city.index", inputs / "drive.mcap", inputs / "out.tum.trace.npz"
    verbs: dict[str, Verb] = {
        "index": lambda out, progress: index_map(inputs / "city.osm", out / "x.index", None, Config(), progress),
        "simulate": lambda out, progress: simulate_drive(
            index, out / "x.mcap", None, 0, 10.0, load_config(None, SMALL), progress
        ),
        "localize": lambda out, progress: localize_bag(bag, index, out / "x.tum", Config(), progress),
        "report": lambda out, progress: write_report(index, bag, trace, out / "x.html", progress),
    }
    return verbs[name]


class Interrupting:
    """Counts calls; raises at one of them."""

    def __init__(self, at: int) -> None:
        self.calls = 0
        self.at = at

    def __call__(self, stage: str, ratio: float) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["index", "simulate", "localize", "report"])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_an_interrupted_verb_leaves_nothing_half_written(name: str, share: float, inputs: Path, tmp_path: Path) -> None:
    verb = make_verb(name, inputs)
    counting = Interrupting(at=0)
    verb(tmp_path / "whole", counting)
    interrupting = Interrupting(at=1 + round(share * (counting.calls - 1)))
    with pytest.raises(KeyboardInterrupt):
        verb(tmp_path / "cut", interrupting)
    # The last word on progress may come when everything is written.
    assert names(tmp_path / "cut") in ([], names(tmp_path / "whole") if share == 1.0 else [])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
