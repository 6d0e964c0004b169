"""When a pose is called a fix, and when it is taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geoloc_ros.core.localization_config import LocalizerConfig
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


@dataclass(frozen=True)
class _Limits:
    """What a verdict has to keep to."""

    probability: float
    chance: float
    doubt: float
    sigma_m: float

    def complaint(self, verdict: Verdict) -> str:
        """What a verdict does not keep to; empty if it keeps to all."""
        if verdict.probability < self.probability:
            return "other places are as likely"
        if verdict.chance > self.chance:
            return "a wrong place may look as good"
        if verdict.doubt > self.doubt:
            return "the newest frames were seen from elsewhere"
        return "the position is not exact" if verdict.sigma_m > self.sigma_m else ""


class FixStatus:
    """State with hysteresis: a fix is hard to get, and is kept until something speaks against it.

    INITIALIZING: there was no fix since the start. LOST: there was one. INITIALIZED: a fix that a vehicle can trust.
    DEGRADED: still a fix, of the right place, but less exact or less certain. A fix degrades half way between what
    makes one and what loses one, and is whole again when it would be given anew, so that no state flickers.
    """

    def __init__(self, config: LocalizerConfig) -> None:
        self.configure(config)
        self.reset("no frame yet")

    def configure(self, config: LocalizerConfig) -> None:
        """Judge by other limits from now on."""
        new = _Limits(config.fix_probability, config.fix_chance, config.fix_doubt, config.fix_sigma_m)
        lost = _Limits(config.lost_probability, config.lost_chance, config.lost_doubt, config.lost_sigma_m)
        self._new, self._lost = new, lost
        self._whole = _Limits(
            0.5 * (new.probability + lost.probability), math.sqrt(new.chance * lost.chance),
            0.5 * (new.doubt + lost.doubt), math.sqrt(new.sigma_m * lost.sigma_m),
        )

    def reset(self, why: str) -> None:
        """Without a fix, for the reason given."""
        self._why = why
        self._status = LocalizationStatus.INITIALIZING

    @property
    def has_fix(self) -> bool:
        """After the last frame."""
        return self._status in (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED)

    def would_stand(self, verdict: Verdict, is_new: bool) -> bool:
        """Whether a verdict makes a fix, a new one or one that is to be kept."""
        return not (self._new if is_new else self._lost).complaint(verdict)

    def update(self, verdict: Verdict) -> tuple[LocalizationStatus, str]:
        """State after a frame, with one line for people."""
        if self.has_fix:
            complaint = self._lost.complaint(verdict)
            if complaint:
                self._status, self._why = LocalizationStatus.LOST, complaint
            else:
                limits = self._whole if self._status is LocalizationStatus.INITIALIZED else self._new
                complaint = limits.complaint(verdict)
                self._status = LocalizationStatus.DEGRADED if complaint else LocalizationStatus.INITIALIZED
        else:
            complaint = self._new.complaint(verdict)
            if not complaint:
                self._status = LocalizationStatus.INITIALIZED
        says = verdict.as_text()
        if self.has_fix:
            return self._status, f"{complaint}: {says}" if complaint else says
        return self._status, f"{self._why}: {says}"
