"""Findings of landmarks as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from _landmark_costs import PUBLISHED
from _landmark_findings import Findings
from _landmark_methods import MEANINGS

Row = dict[str, Any]


def print_tables(findings: Findings) -> None:
    """Those whose part was measured."""
    tables: dict[str, Callable[[list[Row]], None]] = {
        "accuracy": _accuracy, "occlusion": _occlusion, "patches": _patches, "costs": _costs, "speed": _speed,
        "voting": _voting, "bad scene": _bad_scenes, "wrong camera": _wrong_cameras, "foreign": _foreign,
    }  # fmt: skip
    for part, print_table in tables.items():
        rows = list(findings.of(part))
        if rows:
            print_table(rows)
            print()


def _accuracy(rows: list[Row]) -> None:
    print("Views from other paths; views that are not found count as infinitely wrong; 95 % intervals in brackets")
    print(
        f"{'':7}{'':14}{'median cm':>24}{'median deg':>22}{'% of distance':>16}{'found':>8}{'5cm 5deg':>10}"
        f"{'1% 0.5deg':>11}{'far off':>9}{'in 95 %':>9}"
    )
    for row in rows:
        calibration, aim = row["calibration"], row["aim_ratio"]["value"]
        print(
            f"{row['scene']:7}{row['method']:14}{_with_interval(row['median_m'], 100.0):>24}"
            f"{_with_interval(row['median_deg']):>22}{_number(row['median_ratio']['value'], 100.0):>16}"
            f"{_percent(row['found_ratio']['value']):>8}{_percent(row['fine_ratio']['value']):>10}{_percent(aim):>11}"
            f"{_percent(row['wrong_ratio']):>9}{_percent(calibration['pose_ratio']):>9}"
        )
    for row in rows:
        if row["training"]:
            steps, minutes = row["training"]["steps"], row["training"]["minutes"]
            print(f"  {row['scene']} {row['method']}: {steps} steps in {minutes:.1f} min; {row['training']['figures']}")
    for method in dict.fromkeys(row["method"] for row in rows):
        print(f"  {method}: {MEANINGS[method]}")


def _occlusion(rows: list[Row]) -> None:
    percents = list(dict.fromkeys(row["percent"] for row in rows))
    print("A block of noise hides a part of the image: median cm (found, %)")
    print(f"{'':7}{'':14}" + "".join(f"{percent:>13} %" for percent in percents))
    for scene, method in dict.fromkeys((row["scene"], row["method"]) for row in rows):
        cells = [
            f"{_number(row['median_m'], 100.0):>8} ({_percent(row['found']):>4})"
            for row in rows if (row["scene"], row["method"]) == (scene, method)
        ]  # fmt: skip
        print(f"{scene:7}{method:14}" + "".join(f"{cell:>15}" for cell in cells))


def _patches(rows: list[Row]) -> None:
    print("Size of the patches, shorter trainings")
    for row in rows:
        print(
            f"{row['scene']:7}{row['patch_m']:>6g} m{row['landmarks']:>6} landmarks"
            f"{_number(row['median_m'], 100.0):>9} cm{_number(row['median_deg']):>8} deg  found "
            f"{_percent(row['found'])} %  {row['training']['steps']} steps, {row['training']['minutes']:.1f} min"
        )


def _costs(rows: list[Row]) -> None:
    print("Cost of the losses, 640x480, 5000 classes, 100 of them active in the image")
    print("  published: " + ", ".join(f"{name} {value:g}" for name, value in PUBLISHED.items()))
    for row in rows:
        what = f"{row['loss']}, {row['how']}" + (f", {row['classes']} classes" if "classes" in row else "")
        kept = row.get("bytes", row.get("kept_bytes"))
        took = f"{row['ms']:9.0f} ms there and back" if "ms" in row else ""
        print(f"  {what:48}{row['flops'] / 1e6:12.1f} MFLOP{kept / 2**20:12.2f} MiB{took}")


def _speed(rows: list[Row]) -> None:
    print("From an image to the pose on one core, medians")
    for row in rows:
        print(f"  {row['stage']:28}" + (f"{row['ms']:8.2f} ms" if row["ms"] is not None else "  not measured"))


def _voting(rows: list[Row]) -> None:
    print("Voting for 100 landmarks at 640x480, every pixel votes")
    for row in rows:
        print(f"  {row['way']:28}{row['ms']:10.1f} ms, off by {row['off_px']:.3f} px in the median")


def _bad_scenes(rows: list[Row]) -> None:
    print("Scenes that people may give")
    for row in rows:
        print(f"  {row['case']:34}{row['outcome']:10}{row['message']}")


def _wrong_cameras(rows: list[Row]) -> None:
    print("Queries with a wrong focal length")
    for row in rows:
        print(
            f"  {row['scene']:7}x {row['focal']:<5g} found {_percent(row['found']):>5} %, median "
            f"{_number(row['median_m'], 100.0)} cm, far off {_percent(row['wrong'])} %"
        )


def _foreign(rows: list[Row]) -> None:
    print("Images of other scenes")
    for row in rows:
        print(
            f"  {row['images']:20} in the {row['scene']:7}{row['false']:4} of {row['asked']:4} found; "
            f"{row['landmarks']:.0f} landmarks voted for; such as: {row['such_as']}"
        )


def _with_interval(estimate: Row, factor: float = 1.0) -> str:
    low, high = (_number(bound, factor) for bound in estimate["interval"])
    return f"{_number(estimate['value'], factor)} [{low}, {high}]"


def _number(value: float | None, factor: float = 1.0) -> str:
    return "-" if value is None else f"{factor * value:.3g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.0f}"
