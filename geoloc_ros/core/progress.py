"""How long work tells that it goes on, whoever listens: a bar in a terminal or a ROS action."""

from collections.abc import Callable

ProgressCallback = Callable[[str, float], None]
"""Called with the name of the stage and its progress from 0 to 1."""


def no_progress(stage: str, ratio: float) -> None:
    """Nobody listens."""
