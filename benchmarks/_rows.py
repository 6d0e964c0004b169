"""What the benchmarks of accuracy share: which networks run, and whether a result still holds."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable
from pathlib import Path

from _common import ROOT

from geoloc_ros.evaluation.methods import NamedModel, parse_model
from geoloc_ros.scan.encoders import SHIPPED_WEIGHTS

_SOURCES = ("core", "maps", "inference", "scan", "localization", "sim", "evaluation")


def add_row_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="only these rows")
    parser.add_argument(
        "--model", action="append", default=[], metavar="NAME=FILE", help="an ONNX file as a further row; repeatable"
    )


def named_models(extra: list[str]) -> tuple[NamedModel, ...]:
    """The shipped networks and those of --model; ours alone looks at its best places again."""
    paper = NamedModel("paper", ROOT / SHIPPED_WEIGHTS["paper"])
    ours = NamedModel("ours", ROOT / SHIPPED_WEIGHTS["learned"], ROOT / "models" / "ray_table.npz")
    return (paper, ours, *(parse_model(text) for text in extra))


def fingerprint(
    inputs: Iterable[Path], settings: str, folders: Iterable[str] = _SOURCES, native: str = "*.?pp"
) -> str:
    """Of the code that measures, of files (a missing one counts as empty) and of settings.

    Args:
        folders: Of the package, where the code lies.
        native: Which files of `src/` belong to it.
    """
    digest = hashlib.sha256(settings.encode())
    package = ROOT / "geoloc_ros"
    code = [file for folder in folders for file in sorted((package / folder).rglob("*.py"))]
    for file in (*code, *sorted((ROOT / "src").glob(native)), *inputs):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(file.name.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
