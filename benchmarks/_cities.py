"""What is measured on the drives of every city that was asked for, in one file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from _common import Figure, Result
from _drives import Course, courses

from geoloc_ros.core.errors import GeolocError

Measure = Callable[[Course, argparse.Namespace], list[tuple[Figure, dict[str, Any]]]]
"""Drives and prints one city; figures, and the rows that belong to them."""


def measure_cities(arguments: argparse.Namespace, measure: Measure) -> None:
    """Measure city by city and write what came out; a user's mistake ends it in one line."""
    shown: list[Figure] = []
    rows: list[dict[str, Any]] = []
    try:
        for course in courses(arguments):
            for figure, row in measure(course, arguments):
                shown.append(figure)
                rows.append(row)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    Result(arguments.seed, ", ".join(arguments.conditions), shown, rows).write(arguments.json)
