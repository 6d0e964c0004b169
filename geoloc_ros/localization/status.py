"""When a pose is called a fix, and when it is taken back."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus


class FixStatus:
    """State with hysteresis: a fix needs much belief, is lost at little, and is kept in between."""

    def __init__(self, config: LocalizerConfig) -> None:
        self._config = config
        self.reset("no frame yet")

    def reset(self, why: str) -> None:
        """Without a fix, for the reason given."""
        self._why = why
        self._has_fix = False
        self._had_fix = False
        self._agreement = 1.0

    def update(self, probability: float, agreement: float, travelled_m: float) -> tuple[LocalizationStatus, str]:
        """State after a frame, with one line for people.

        Args:
            probability: Belief around the pose.
            agreement: Share of the city that looks less like the frame than the pose does.
            travelled_m: Driven since the last frame; agreement is averaged over distance.
        """
        memory = np.exp(-travelled_m / self._config.agreement_length_m)
        self._agreement = float(memory * self._agreement + (1.0 - memory) * agreement)
        threshold = self._config.lost_probability if self._has_fix else self._config.fix_probability
        self._has_fix = probability >= threshold
        if not self._has_fix:
            return self._without_fix(probability)
        self._had_fix = True
        if self._agreement < self._config.degraded_agreement:
            return (
                LocalizationStatus.DEGRADED,
                f"frames look unlike the map: {self._agreement:.0%} of the city fits less, {probability:.0%} belief",
            )
        return LocalizationStatus.INITIALIZED, f"{probability:.0%} of the belief is here"

    def _without_fix(self, probability: float) -> tuple[LocalizationStatus, str]:
        if self._had_fix:
            return LocalizationStatus.LOST, f"belief has spread: only {probability:.0%} at the best place"
        return LocalizationStatus.INITIALIZING, f"{self._why}; {probability:.0%} of the belief at the best place"
