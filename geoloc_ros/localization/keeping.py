"""Which place is followed, how exactly, and how much speaks for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.types import Float32, Float64, Mode, Observation, Pose2, PositionFix
from geoloc_ros.localization.agreement import RayAgreement
from geoloc_ros.localization.alignment.aligner import Aligner, Alignment
from geoloc_ros.localization.alignment.window import ScanWindow
from geoloc_ros.localization.following import FollowedPlace
from geoloc_ros.localization.likeness import DescriptorAgreement
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.ray_likelihood import RayTable
from geoloc_ros.localization.significance import Significance
from geoloc_ros.localization.status import Verdict
from geoloc_ros.maps.raycast import RayCaster

# A place is worth a closer look long before it is a fix, and is given up for one that is so many times as likely.
_FOLLOW_PROBABILITY = 0.5
_GIVE_UP_RATIO = 2.0
# A first pose takes long to find, and is not to be had everywhere.
_SEARCH_EVERY_M = 15.0
# Frames nearer than this say the same.
_LOOK_EVERY_M = 1.0
# A camera whose yaw is not known better would turn the walls away from where they are looked for.
_MAX_CAMERA_SIGMA_RAD = np.radians(8.0)
# Blind for so long, the roads say better than odometry alone where the vehicle is.
_MAX_BLIND_M = 50.0
# Roads err by 5 m at most where the belief is sure; walls by more where buildings are missing.
_SURE, _ASTRAY_M = 0.95, 8.0
_MAX_FIXES = 100


class PlaceKeeper:
    """Follows the best mode of the belief over the map metre by metre, and says what speaks for and against it."""

    def __init__(self, index: PlaceIndex, config: Config) -> None:
        """No place yet.

        Raises:
            ArtifactError: If the table of rays that is shipped cannot be read.
        """
        caster = RayCaster(index.geomap.buildings.walls())
        table = RayTable.load(shared_file("models/ray_table.npz"))
        self._agreement = RayAgreement(caster, index.places.poses(), table, config.rerank, config.scan)
        self._likeness = DescriptorAgreement(index, config.tracker, config.map)
        self._aligner = Aligner(caster, config.scan, config.align, config.motion)
        self._window = ScanWindow(config.align)
        self._motion = config.motion
        self._radius_m, self._turn_rad = config.localizer.mode_radius_m, config.localizer.mode_turn_rad
        self.significance = Significance()
        self._positions: deque[PositionFix] = deque(maxlen=_MAX_FIXES)
        self.reset()

    def reset(self) -> None:
        """Forget place, scans and evidence."""
        self._followed: FollowedPlace | None = None
        self._was_fix = False
        self._unseen_m, self._unsearched_m = 0.0, np.inf
        self._window.reset()
        self._positions.clear()
        self.significance.reset()

    def begin(self, pose: Pose2, covariance: Float64) -> None:
        """Follow a pose that somebody vouches for."""
        self.reset()
        self._followed = FollowedPlace(self._aligner, self._agreement, self._motion, pose, covariance)
        self.significance.vouch()

    def hear(self, fix: PositionFix) -> None:
        """Let a position of somebody else take part in the next alignments."""
        self._positions.append(fix)

    def carry(self, stamp_ns: int, odometry: Pose2, travelled_m: float) -> None:
        """Move on to the odometry of a stamp."""
        self._unseen_m += travelled_m
        self._unsearched_m += travelled_m
        if self._followed is not None:
            self._followed.carry(stamp_ns, odometry, travelled_m)

    def choose(self, observation: Observation, modes: Sequence[Mode]) -> bool:
        """Follow another place if the belief is clearly there; True if so, as aligning it takes long."""
        best = modes[0]
        is_same = self._is_near(best.pose) and self._has_gone_astray(best)
        if not is_same:
            if best.probability < _GIVE_UP_RATIO * self.probability(modes):
                return False
            self._give_up()
            if best.probability < _FOLLOW_PROBABILITY:
                return False
        # Of the same place, what spoke for it still does.
        self._followed = FollowedPlace(self._aligner, self._agreement, self._motion, best.pose, best.covariance)
        self._followed.carry(observation.stamp_ns, observation.odometry, 0.0)
        return not is_same

    def see(
        self, observation: Observation, query: Float32, camera_yaw_rad: float, camera_sigma_rad: float
    ) -> float:
        """Test a frame against the place, then let it correct the pose.

        Returns what the belief over the map should hear of that: a log-likelihood ratio of the place, in nats.

        Args:
            observation: As the camera saw it.
            query: (D,), of the same frame if the camera were not turned.
            camera_yaw_rad: Of the camera on the vehicle.
            camera_sigma_rad: Its standard deviation.
        """
        self._window.add(observation)
        followed = self._followed
        if followed is None or camera_sigma_rad > _MAX_CAMERA_SIGMA_RAD:
            return 0.0
        nats = 0.0
        if self._unseen_m >= _LOOK_EVERY_M:
            rays = followed.expect(observation.scan, camera_yaw_rad)
            likeness = self._likeness.log_ratio(query, followed.pose)
            nats = self.significance.add_frame(rays, likeness, self._unseen_m)
            self._unseen_m = 0.0
        is_first = followed.alignment is None
        if followed.is_due and not (is_first and self._unsearched_m < _SEARCH_EVERY_M):
            if is_first:
                self._unsearched_m = 0.0
            followed.align(self._window, observation, tuple(self._positions), camera_yaw_rad)
            if followed.alignment is not None:
                alignment = followed.alignment
                self.significance.set_walls(alignment.log_ratio, alignment.inlier_ratio)
        return nats

    def probability(self, modes: Sequence[Mode]) -> float:
        """Belief around the followed place, 0 to 1; 0 without one."""
        return min(1.0, sum(mode.probability for mode in modes if self._is_near(mode.pose)))

    def verdict(self, modes: Sequence[Mode]) -> Verdict:
        """What speaks for and against the followed place, or the best mode where none is followed."""
        significance, place = self.significance, self.place(modes)
        sigma_m = float(np.sqrt(np.linalg.eigvalsh(place.covariance[:2, :2])[-1]))
        return Verdict(place.probability, significance.chance, significance.doubt, sigma_m)

    def place(self, modes: Sequence[Mode]) -> Mode:
        """The followed place, or the best mode where none is followed."""
        if self._followed is None:
            return modes[0]
        return Mode(self._followed.pose, self._followed.covariance, self.probability(modes))

    def others(self, modes: Sequence[Mode]) -> tuple[Mode, ...]:
        """The modes that are not the place."""
        if self._followed is None:
            return tuple(modes[1:])
        return tuple(mode for mode in modes if not self._is_near(mode.pose))

    @property
    def pose(self) -> Pose2 | None:
        """Of the followed place; None without one."""
        return None if self._followed is None else self._followed.pose

    @property
    def alignment(self) -> Alignment | None:
        """The last one of the followed place, if there is any."""
        return None if self._followed is None else self._followed.alignment

    def suspect(self) -> None:
        """The newest frames were seen from elsewhere, it seems, and the belief over the map has heard of it.

        So that must convince itself again.
        """
        self.significance.dispel_doubt()

    def trust(self) -> None:
        """The place is a fix. If it is given up, so are all scans so far: the vehicle has been carried elsewhere."""
        self._was_fix = True
        self.significance.trust()

    def _give_up(self) -> None:
        """Follow no place. What spoke for the map still does."""
        self._followed = None
        self.significance.forget_place()
        if self._was_fix:
            self._window.reset()
            self._was_fix = False

    def _has_gone_astray(self, best: Mode) -> bool:
        """Whether the roads say better than the last alignment where the vehicle is."""
        followed = self._followed
        if followed is None:
            return False
        is_blind = followed.alignment is None or followed.unaligned_m > _MAX_BLIND_M
        return is_blind or (best.probability > _SURE and followed.distance_to(best.pose)[0] > _ASTRAY_M)

    def _is_near(self, pose: Pose2) -> bool:
        if self._followed is None:
            return False
        distance_m, turn_rad = self._followed.distance_to(pose)
        return distance_m < self._radius_m and turn_rad < self._turn_rad
