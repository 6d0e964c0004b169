"""Words for people, colours, and what the paper published."""

from __future__ import annotations

from collections.abc import Iterable

METHODS = {
    "handcrafted": "hand-crafted, as published",
    "handcrafted_masked": "hand-crafted, masked",
    "bsd_bit": "BSD, 75 % per bit",
    "bsd_joint": "BSD, 75 % for all bits",
    "paper": "published network",
    "ours": "ours",
    "ours_embedding": "ours, not re-ranked",
}
CONDITIONS = {
    "paper": ("paper", "heading ±5°"),
    "heading_unknown": ("heading unknown", "paper noise"),
    "hard": ("hard", "heading unknown"),
    "occluded50": ("half occluded", "heading ±5°"),
    "fov90": ("90° of view", "heading ±5°"),
    "stale30": ("30 % of map gone", "heading ±5°"),
    "scale": ("depth scale ½–2", "heading ±5°"),
    "unseen_noise": ("unseen noise", "other family, ±5°"),
    "images": ("from images", "rendered, ±5°"),
}
"""Name and what is known of the heading."""
INGREDIENTS = {
    "removed": "buildings gone", "added": "new buildings", "moved": "walls moved and resized", "trees": "trees",
    "vehicles": "vehicles, people", "camera": "tilt of the camera", "missed": "walls missed, read as obstacle",
    "read_open": "walls missed, read as open view", "patches": "patches misread", "merged": "buildings merged",
    "split": "buildings split", "depth_building": "depth, per building", "depth_ray": "depth, per ray",
    "dropout": "no depth far away", "borders": "borders of labels",
}  # fmt: skip
PUBLISHED_CITY = "san_francisco"
PUBLISHED = {
    "bsd_bit": {"top1": 13.1, "top10": 52.9, "t80": 1.3, "t160": 6.2, "t320": 21.3},
    "bsd_joint": {"top1": 13.1, "top10": 52.9, "t80": 1.3, "t160": 6.2, "t320": 21.3},
    "handcrafted": {"top1": 38.6, "top10": 78.1, "t80": 13.8, "t160": 24.3, "t320": 55.3},
    "paper": {"top1": 51.4, "top10": 87.6, "t80": 42.8, "t160": 72.7, "t320": 93.8},
}
"""Percent on real images of San Francisco (the paper, figure 7), the network trained on four cities, this one too."""
NUM_SERIES = 10
"""Colours of page.css."""

_LEADERS = ("ours", "paper", "handcrafted_masked", "handcrafted")


def leader(methods: tuple[str, ...]) -> str:
    """The method that map and worst queries show: ours if it ran."""
    return next((name for name in _LEADERS if name in methods), methods[0])


def series_of(methods: Iterable[str]) -> dict[str, int]:
    """Number of the colour of each method; known ones have the same on every page."""
    known = {"ours": 1, "paper": 2, "handcrafted": 3, "handcrafted_masked": 4, "bsd_bit": 5, "bsd_joint": 6}
    known["ours_embedding"] = 7
    others = [name for name in dict.fromkeys(methods) if name not in known]
    return known | {name: 8 + number % (NUM_SERIES - 7) for number, name in enumerate(others)}


def method_name(method: str) -> str:
    """For people."""
    return METHODS.get(method, method)


def city_name(city: str) -> str:
    """For people."""
    return city.replace("_", " ").title()


def condition_name(condition: str) -> str:
    """For people."""
    return CONDITIONS.get(condition, (condition, ""))[0]


def count_text(count: float) -> str:
    """A whole number with narrow spaces, which do not break, between thousands."""
    return f"{count:,.0f}".replace(",", "\u202f")
