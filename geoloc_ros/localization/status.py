"""When a pose is called a fix, and when it is taken back."""

from __future__ import annotations

from dataclasses import dataclass

from geoloc_ros.core.config import LocalizerConfig
from geoloc_ros.core.types import LocalizationStatus


@dataclass(frozen=True)
class Verdict:
    """What speaks for and against a pose after a frame."""

    probability: float
    """Belief around it, 0 to 1: no other place of the map is as likely."""
    chance: float
    """That a wrong place looks as good, 0 to 1: the vehicle is on the map at all."""
    doubt: float
    """Log odds that the newest frames were seen from elsewhere: the vehicle is still there."""
    sigma_m: float
    """Standard deviation of the position, in its worst direction."""

    def as_text(self) -> str:
        """For people."""
        return (
            f"{self.probability:.0%} of the belief is here, within {self.sigma_m:.1f} m; "
            f"chance {self.chance:.1g}, doubt {self.doubt:.1f} nats"
        )


class FixStatus:
    """State with hysteresis: a fix is hard to get, and is kept until something speaks against it.

    INITIALIZING: there was no fix since the start. LOST: there was one. INITIALIZED: a fix that a vehicle can trust.
    DEGRADED: still a fix, of the right place, but less exact or less certain than one that would be given anew.
    """

    def __init__(self, config: LocalizerConfig) -> None:
        self._config = config
        self.reset("no frame yet")

    def configure(self, config: LocalizerConfig) -> None:
        """Judge by other limits from now on."""
        self._config = config

    def reset(self, why: str) -> None:
        """Without a fix, for the reason given."""
        self._why = why
        self._has_fix = self._had_fix = False

    @property
    def has_fix(self) -> bool:
        """After the last frame."""
        return self._has_fix

    def update(self, verdict: Verdict) -> tuple[LocalizationStatus, str]:
        """State after a frame, with one line for people."""
        complaint = self._against(verdict) if self._has_fix else self._missing(verdict)
        if complaint:
            state = LocalizationStatus.LOST if self._had_fix else LocalizationStatus.INITIALIZING
            if self._has_fix:
                self._why = complaint
            self._has_fix = False
            return state, f"{self._why}: {verdict.as_text()}"
        self._has_fix = self._had_fix = True
        is_degraded = bool(self._missing(verdict))
        return (LocalizationStatus.DEGRADED if is_degraded else LocalizationStatus.INITIALIZED), verdict.as_text()

    def _missing(self, verdict: Verdict) -> str:
        """What keeps a pose from being a new fix; empty if nothing does."""
        config = self._config
        if verdict.probability < config.fix_probability:
            return "other places are as likely"
        if verdict.chance > config.fix_chance:
            return "a wrong place may look as good"
        if verdict.sigma_m > config.fix_sigma_m:
            return "the position is not exact"
        return "the newest frames look unlike it" if verdict.doubt > config.fix_doubt else ""

    def _against(self, verdict: Verdict) -> str:
        """Why a fix is lost; empty if it is not."""
        config = self._config
        if verdict.probability < config.lost_probability:
            return "the belief is elsewhere"
        if verdict.chance > config.lost_chance:
            return "a wrong place would look as good"
        if verdict.sigma_m > config.lost_sigma_m:
            return "nothing was recognized for too long"
        return "the newest frames were seen from elsewhere" if verdict.doubt > config.lost_doubt else ""
