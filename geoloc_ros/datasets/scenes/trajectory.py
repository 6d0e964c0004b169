"""Poses over time, and between the moments at which they were measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoloc_ros.core.types import Int64, Pose3


class Trajectory:
    """Interpolates between poses: positions along straight lines, rotations about a fixed axis."""

    def __init__(self, stamp_ns: Int64, poses: Sequence[Pose3]) -> None:
        """At least two poses, their stamps (N,) rising."""
        from scipy.spatial.transform import Rotation, Slerp

        self._stamp_ns = stamp_ns
        # Seconds since the first: a float of nanoseconds since 1970 is 100 ns coarse.
        self._second = (stamp_ns - stamp_ns[0]) * 1e-9
        self._turning = Slerp(self._second, Rotation.from_matrix(np.array([pose.rotation for pose in poses])))
        self._position_m = np.array([pose.translation_m for pose in poses])

    def pose_at(self, stamp_ns: int, within_ns: int) -> Pose3:
        """The pose at a stamp.

        Raises:
            ValueError: If no pose was measured within so much time before it or after it.
        """
        after = int(np.searchsorted(self._stamp_ns, stamp_ns))
        around_ns = np.abs(self._stamp_ns[max(0, after - 1) : after + 1] - stamp_ns)
        is_exact = bool((around_ns == 0).any())
        if not is_exact and (len(around_ns) < 2 or after == 0):
            raise ValueError(f"it was taken {around_ns.min() / 1e6:.0f} ms outside of the trajectory")
        if not is_exact and around_ns.max() > within_ns:
            raise ValueError(f"the poses around it are {around_ns.sum() / 1e6:.0f} ms apart")
        second = (stamp_ns - int(self._stamp_ns[0])) * 1e-9
        where_m = np.array([np.interp(second, self._second, self._position_m[:, axis]) for axis in range(3)])
        return Pose3(np.asarray(self._turning(second).as_matrix()), where_m)
