"""Elements of inline SVG as text; colours are classes of page.css, so that they follow the theme."""

from __future__ import annotations

from html import escape

import numpy as np

from geoloc_ros.core.types import Float64


def tag(name: str, *content: str, **attributes: str | float) -> str:
    """An element around markup. `class_` is class, and `stroke_width` stroke-width."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(content)}</{name}>"


def picture(width: float, height: float, *content: str, label: str, class_: str = "") -> str:
    """A whole drawing, as wide as its column and not wider than `width` pixels."""
    box = f"0 0 {number(width)} {number(height)}"
    return tag("svg", *content, viewBox=box, width=width, height=height, role="img", aria_label=label, class_=class_)


def words(x: float, y: float, text: str, class_: str = "", anchor: str = "start") -> str:
    """Text at a point of its baseline."""
    return tag("text", escape(text), x=x, y=y, class_=class_, text_anchor=anchor)


def upward_words(x: float, y: float, text: str, class_: str) -> str:
    """Text that is read from below, its middle at a point."""
    turned = f"translate({number(x)} {number(y)}) rotate(-90)"
    return tag("text", escape(text), transform=turned, class_=class_, text_anchor="middle")


def title(text: str) -> str:
    """What a pointer over the element around it shows."""
    return tag("title", escape(text))


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """From one point to another."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(points: Float64) -> str:
    """Path data through points (N, 2)."""
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in np.asarray(points, np.float64))


def number(value: float) -> str:
    """To a tenth of a pixel, short."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
