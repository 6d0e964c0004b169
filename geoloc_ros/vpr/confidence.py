"""How sure a query can be of its candidates: learnt from the index itself, by leaving photos out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from geoloc_ros.core.types import Float32, Float64

# Of half precision. Where all photos look alike (0.995 +- 0.001, a network that is hardly trained), it counts.
_LEAST_SPREAD = 1e-4
# Images in a light, weather or season that the index does not know: what is learnt from it does not hold for them. It
# costs the others 0.25 nats, and spares these up to 0.9 (kyoto, two networks).
_UNKNOWN_SHARE = 0.3
_FEW_TRIALS = 20
_SHARPEST = 4.0


@dataclass(frozen=True)
class Trial:
    """What a photo of the index finds where it is left out."""

    likeness: Float64
    """(C,), standard likeness of the places found."""
    right: int
    """Which of them is its own place; -1 where none is."""


@dataclass(frozen=True)
class Confidence:
    """P(place k | photo) = (1 - u) exp(sharpness * likeness_k) / (exp(threshold) + sum over all places found).

    u is the share of images of which the index knows nothing; "none of these" is a candidate like the others, always as
    alike as `threshold`. Likeness is standard: in standard deviations over what photos drawn at random look like to the
    same query. So a dark image, which looks like nothing very much, or a network of another spread, needs no numbers of
    its own.
    """

    sharpness: float
    """Nats per unit of likeness."""
    threshold: float
    """Nats."""
    sigma_m: float
    """Standard deviation of the position of a place that is right, east and north."""
    num_trials: int
    """That it was learnt from; 0 where the index is too small to learn anything."""

    def probabilities(self, likeness: Float64, num_queries: int = 1) -> Float64:
        """Of candidates (C,), all together at most 0.7.

        Args:
            likeness: Standard.
            num_queries: Several images of one moment have so many chances to look like a wrong place.
        """
        nats = np.append(self.sharpness * likeness, self.threshold + np.log(num_queries))
        share = np.exp(nats - nats.max())
        return np.asarray((1.0 - _UNKNOWN_SHARE) * share[:-1] / share.sum())


# What indexes of a few hundred photos say, on the careful side.
UNTRIED = Confidence(1.0, 6.0, 10.0, 0)


def standard_likeness(likeness: Float32, of_decoys: Float32) -> Float64:
    """How alike photos (K,) are to a query, in standard deviations of what decoys (N,) are."""
    decoys = of_decoys.astype(np.float64)
    spread = float(np.hypot(decoys.std(), _LEAST_SPREAD))
    return np.asarray((likeness.astype(np.float64) - decoys.mean()) / spread)


def learn_confidence(trials: Sequence[Trial], sigma_m: float) -> Confidence:
    """The confidence under which the outcomes of the trials are most probable.

    Trials whose place is there and trials whose place is not count as much altogether: nobody knows how often a
    vehicle drives where photos are.
    """
    is_right = np.array([trial.right >= 0 for trial in trials])
    if len(trials) < _FEW_TRIALS or not is_right.any() or is_right.all():
        return UNTRIED
    weight = np.where(is_right, 0.5 / is_right.sum(), 0.5 / (~is_right).sum())
    width = max(len(trial.likeness) for trial in trials)
    likeness = np.full((len(trials), width), -np.inf)
    for number, trial in enumerate(trials):
        likeness[number, : len(trial.likeness)] = trial.likeness
    right = np.array([trial.right for trial in trials])

    def surprise(values: Float64) -> float:
        sharpness, alike = _settings(values)
        nats = np.column_stack([sharpness * likeness, np.full(len(trials), sharpness * alike)])
        outcome = nats[np.arange(len(trials)), right]  # -1 is the last one, "none of these"
        return float(weight @ (np.logaddexp.reduce(nats, axis=1) - outcome))

    found = minimize(surprise, np.log([1.0, 5.0]), method="Nelder-Mead")
    sharpness, alike = _settings(found.x)
    return Confidence(sharpness, sharpness * alike, sigma_m, len(trials))


def _settings(values: Float64) -> tuple[float, float]:
    """Sharpness, and how alike "none of these" is."""
    return min(float(np.exp(values[0])), _SHARPEST), float(np.exp(values[1]))
