"""Would a wrong place look this good? What frames say for a place, against what look-alikes get by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Frames nearer than this see the same buildings: they count in part.
_INDEPENDENT_M = 15.0
# What a wrong place may gain by chance, in units of the information of the frames. Streets look alike, so evidence that
# is right on average at places drawn at random rises at the best of all wrong ones, the faster the more frames tell.
_MAP_TOLL, _PLACE_TOLL = 1.0, 2.6
# The walls of a window, all aligned at once: what wrong places get at the most where frames do not bear them out, what
# where they do, and what more of it is worth, as buildings are not independent either.
_WALLS_ALONE_TOLL_NATS, _WALLS_TOLL_NATS, _WALLS_SHARE = 120.0, 60.0, 0.3
# Where less of what is seen fits the walls, they say nothing.
_LEAST_INLIER_RATIO = 0.5
# And what frames say without walls: on a map where few places have buildings, any building is like few places.
_PLACE_ALONE_NATS = 12.0
# However well a drive fits the roads of a map, the place has to add to it: turns may be alike by chance.
_MOST_MAP_NATS = 8.0
# What others recognize: nearer answers are of one kind; what one is worth at the most, as all of them may come from one
# street that looks alike; and what a wrong place gets by that chance.
_PLACES_INDEPENDENT_M, _MOST_PLACES_NATS, _PLACES_TOLL_NATS = 30.0, 4.0, 0.5
# More evidence is not kept, so that no past is so good that the present cannot undo it.
_MOST_NATS = 40.0
# Frames on wrong maps reach a score s less often than exp(-s / 3.4): docs/localization.md.
_CHANCE_SCALE = 3.4


@dataclass(frozen=True)
class Witness:
    """Evidence of some frames."""

    nats: float
    """Log-likelihood ratio of "seen from here" and "seen from anywhere"."""
    information: float
    """How much the frames tell places apart, whatever they say of this one, in nats; 0 if all look alike."""


class Significance:
    """Two sums of evidence that cannot fall below zero, each less a toll (Page's CUSUM).

    One is of the map: how much better all frames fit the paths of the map than random places (`log_evidence`). It
    does not ask which path. The other is of the followed place: how much better each frame fits where it was expected
    to be seen from than elsewhere. It begins anew with another place. Both together tell a drive on the map from one
    elsewhere, by much more than either. A sum with a toll forgets a bad beginning and needs no window.

    What the alignment says of all walls of its window at once (`Alignment.log_ratio`) comes on top: much where the
    window is long, nothing at first. Wrong places that chance upon good frames have bad walls, and the other way round:
    so neither frames nor walls speak for much until the other does, or until the place is a fix.

    A third sum, of the same frames with the opposite sign, is the doubt: the log odds that the newest ones were seen
    from elsewhere.

    Who recognizes places otherwise, as from photos, testifies by itself: where it is asked about a place that was
    followed before, how much more likely is its answer there than anywhere? That, too, is a sum with a toll, and the
    same with the opposite sign a doubt. The doubt only counts for what the scans themselves have not said for the
    place: who is wrong about photos must not take a fix away that the walls bear out.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing speaks for anything."""
        self._map = 0.0
        self.forget_place()

    def forget_place(self) -> None:
        """Another place is followed now: what spoke for the last one does not speak for it."""
        self._place = self._doubt = 0.0
        self._recognized = self._unlike = 0.0
        self._walls_nats, self._inlier_ratio = -np.inf, 0.0
        self._is_proven = False

    def dispel_doubt(self) -> None:
        """Somebody else has taken it into account."""
        self._doubt = self._unlike = 0.0

    def vouch(self) -> None:
        """Somebody named the place: as if much had spoken for it, walls or not."""
        self._place = _MOST_NATS
        self.dispel_doubt()
        self.trust()

    def trust(self) -> None:
        """The place is a fix: as long as it is followed, frames or walls may carry it without the other."""
        self._is_proven = True

    def add_map(self, witness: Witness) -> None:
        """Count what the whole map has gained."""
        self._map = _sum(self._map, witness.nats - _MAP_TOLL * witness.information, _MOST_MAP_NATS)

    def add_frame(self, rays: Witness, descriptor_nats: float, travelled_m: float) -> float:
        """Count a frame at the pose from which it was expected, `travelled_m` after the one before.

        Returns what its rays say for the place beside its descriptor, in nats: half, as they saw the same scan.

        Args:
            rays: What its rays say, which err apart from its descriptor and know the pose better.
            descriptor_nats: What its descriptor says of the viewpoints there.
            travelled_m: By which it counts: near ones see the same.
        """
        share = min(1.0, travelled_m / _INDEPENDENT_M)
        self._place = _sum(self._place, share * (rays.nats - _PLACE_TOLL * rays.information), _MOST_NATS)
        # Both saw the same scan: their mean is right on average, and errs less than either.
        self._doubt = max(0.0, self._doubt - share * 0.5 * (rays.nats + descriptor_nats))
        return share * 0.5 * rays.nats

    def add_places(self, nats: float, travelled_m: float) -> None:
        """Count an answer of who recognizes places otherwise, `travelled_m` after the last one.

        Args:
            nats: Log-likelihood ratio of "seen from the followed place" and "seen from anywhere".
            travelled_m: By which it counts: near ones err alike.
        """
        share = min(1.0, travelled_m / _PLACES_INDEPENDENT_M)
        nats = min(nats, _MOST_PLACES_NATS)
        self._recognized = _sum(self._recognized, share * (nats - _PLACES_TOLL_NATS), _MOST_NATS)
        self._unlike = _sum(self._unlike, -share * nats, _MOST_NATS)

    def set_walls(self, log_ratio: float, inlier_ratio: float) -> None:
        """Hear what the last alignment said of the place, and which share of what is seen fits its walls."""
        self._walls_nats, self._inlier_ratio = log_ratio, inlier_ratio

    @property
    def chance(self) -> float:
        """Probability that a frame at a wrong place has as much behind it; 1 where nothing speaks for the place."""
        place, walls = self._seen()
        return float(np.exp(-(self._map + place + walls + self._recognized) / _CHANCE_SCALE))

    @property
    def doubt(self) -> float:
        """Log odds that the newest frames were seen from elsewhere."""
        return max(self._doubt, self._unlike - sum(self._seen()))

    def _seen(self) -> tuple[float, float]:
        """What frames and walls say for the place, in nats."""
        place, walls = self._place, 0.0
        if self._is_proven or self._inlier_ratio >= _LEAST_INLIER_RATIO:
            borne_out = min(_over(self._walls_nats, _WALLS_TOLL_NATS), place)
            walls = max(borne_out, _over(self._walls_nats, _WALLS_ALONE_TOLL_NATS))
        if not self._is_proven:
            place = min(place, _PLACE_ALONE_NATS + walls)
        return place, walls


def _sum(before: float, gain: float, most: float) -> float:
    return float(np.clip(before + gain, 0.0, most))


def _over(nats: float, toll: float) -> float:
    """What is left of the nats of walls."""
    return float(np.clip(_WALLS_SHARE * (nats - toll), 0.0, _MOST_NATS))
