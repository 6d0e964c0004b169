"""What a satellite receiver says, as a position on the map that is not believed more than it deserves."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.types import Float64, PositionFix

# A receiver that does not say how good it is, between houses.
_POOR_FIX_M = 30.0
# Receivers often say centimetres between houses, where reflections make it metres.
_BEST_FIX_M = 3.0


def satellite_position(
    stamp_ns: int, place_deg: Float64, has_fix: bool, covariance_m2: Float64 | None, origin: GeoOrigin
) -> PositionFix:
    """Position on the map; its covariance is not believed to be better than 3 m.

    Args:
        stamp_ns: Of the measurement.
        place_deg: (2,), latitude and longitude.
        has_fix: Whether the receiver itself believes that it knows.
        covariance_m2: (2, 2), of east and north; None if it does not say.
        origin: Of the map.

    Raises:
        ObservationError: If it says itself that it does not know, or holds NaNs.
    """
    if not has_fix or not np.all(np.isfinite(place_deg)):
        raise ObservationError(f"satellite receiver at {place_deg}, fix {has_fix}: not a position")
    covariance = np.eye(2) * (_POOR_FIX_M**2 if covariance_m2 is None else _BEST_FIX_M**2)
    if covariance_m2 is not None:
        covariance = covariance + covariance_m2
    if not np.all(np.isfinite(covariance)) or np.linalg.eigvalsh(covariance)[0] <= 0.0:
        raise ObservationError(f"satellite receiver has a covariance that is none: {covariance.tolist()}")
    x_m, y_m = origin.to_map(place_deg[0], place_deg[1])
    return PositionFix(stamp_ns, np.array([float(x_m), float(y_m)]), covariance)
