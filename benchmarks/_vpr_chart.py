"""The comparison as a picture: a row per method, a column per condition, a cell as dark as its recall."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geoloc_ros.core.artifacts import write_beside

_NAME_PX, _CELL_PX, _ROW_PX, _HEAD_PX = 210, 96, 22, 46


def write_chart(rows: Sequence[dict[str, Any]], conditions: Sequence[str], title: str, path: Path) -> None:
    """An SVG of `r1` of the rows of `_vpr_recall`."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    known = {(row["method"], row["condition"]): float(row["r1"]) for row in rows}
    width, height = _NAME_PX + _CELL_PX * len(conditions), _HEAD_PX + _ROW_PX * len(methods) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="13"><rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="6" y="16" font-weight="bold">{title}</text>',
    ]
    for column, condition in enumerate(conditions):
        x = _NAME_PX + _CELL_PX * column + _CELL_PX // 2
        parts.append(f'<text x="{x}" y="{_HEAD_PX - 8}" text-anchor="middle">{condition}</text>')
    for line, method in enumerate(methods):
        y = _HEAD_PX + _ROW_PX * line
        parts.append(f'<text x="6" y="{y + 16}">{method}</text>')
        for column, condition in enumerate(conditions):
            parts += _cell(_NAME_PX + _CELL_PX * column, y, known.get((method, condition)))
    with write_beside(path) as partial:
        partial.write_text("\n".join([*parts, "</svg>", ""]))


def _cell(x: int, y: int, recall: float | None) -> list[str]:
    if recall is None:
        return []
    # From white to a blue that white letters can be read on.
    red, green, blue = (round(255 - recall * (255 - end)) for end in (23, 78, 140))
    ink = "white" if recall > 0.5 else "black"
    return [
        f'<rect x="{x + 1}" y="{y + 1}" width="{_CELL_PX - 2}" height="{_ROW_PX - 2}" '
        f'fill="rgb({red},{green},{blue})"/>',
        f'<text x="{x + _CELL_PX // 2}" y="{y + 16}" text-anchor="middle" fill="{ink}">{100.0 * recall:.1f}</text>',
    ]
