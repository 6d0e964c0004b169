"""When a pose is called a fix, and when it is taken back."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus

# Ranks better than this are luck of the place, not quality of the pose.
_BEST_RANK = 5e-4


class FixStatus:
    """State with hysteresis: a fix needs much belief and agreement, is lost with little belief, and is kept in between.

    Belief alone does not do: somewhere on a map there is always a path that fits better than all others, also for a
    drive that is not on the map. So the frames must also look like the pose, over some distance. Agreement is the mean
    of `-log(rank)` over the distance driven, rank being the share of the city that looks more like a frame than the
    pose does. It begins at 0, so it takes a drive of about one `agreement_length_m` to earn a fix.
    """

    def __init__(self, config: LocalizerConfig) -> None:
        self._config = config
        self.reset("no frame yet")

    def reset(self, why: str) -> None:
        """Without a fix, for the reason given."""
        self._why = why
        self._has_fix = False
        self._had_fix = False
        self._agreement = 0.0

    def trust(self, why: str) -> None:
        """As after `reset`, but whoever named the pose vouches for it: belief alone makes it a fix."""
        self.reset(why)
        self._agreement = -float(np.log(_BEST_RANK))

    def update(self, probability: float, rank: float, travelled_m: float) -> tuple[LocalizationStatus, str]:
        """State after a frame, with one line for people.

        Args:
            probability: Belief around the pose.
            rank: Share of the city that looks more like the frame than the pose does.
            travelled_m: Driven since the last frame.
        """
        config = self._config
        memory = np.exp(-travelled_m / config.agreement_length_m)
        self._agreement = float(memory * self._agreement - (1.0 - memory) * np.log(max(rank, _BEST_RANK)))
        mean_rank = float(np.exp(-self._agreement))
        if self._has_fix:
            self._has_fix = probability >= config.lost_probability
        else:
            self._has_fix = probability >= config.fix_probability and mean_rank <= config.fix_rank
        if not self._has_fix:
            return self._without_fix(probability, mean_rank)
        self._had_fix = True
        says = f"{probability:.0%} of the belief is here, {mean_rank:.1%} of the city looks more like the frames"
        is_degraded = mean_rank > config.degraded_rank
        return (LocalizationStatus.DEGRADED if is_degraded else LocalizationStatus.INITIALIZED), says

    def _without_fix(self, probability: float, mean_rank: float) -> tuple[LocalizationStatus, str]:
        says = f"{probability:.0%} of the belief at the best place, {mean_rank:.1%} of the city looks more like it"
        if self._had_fix:
            return LocalizationStatus.LOST, f"belief has spread: {says}"
        return LocalizationStatus.INITIALIZING, f"{self._why}: {says}"
