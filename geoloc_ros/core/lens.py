"""What a lens does to directions: the distortion models of ROS, and their exact inverses.

A lens takes the ideal image point of a direction to where it really is, both in focal lengths from the principal
point. Beyond some angle a polynomial folds back; no direction there belongs to a pixel, and none is given (NaN).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from geoloc_ros.core.types import Float64

Coefficients = tuple[float, ...]

PINHOLE_COUNTS = (0, 4, 5, 8, 12, 14)
"""How many coefficients a pinhole may have: k1 k2 p1 p2 [k3 [k4 k5 k6 [s1 s2 s3 s4 [tau_x tau_y]]]], as in OpenCV."""
FISHEYE_COUNTS = (0, 4)
"""k1 k2 k3 k4 of an equidistant fisheye (Kannala and Brandt 2006)."""

_TABLE_SIZE = 4096
# A camera that is calibrated as it goes has another lens with every image.
_LENSES_REMEMBERED = 16
_WIDEST_PINHOLE_RAD = np.radians(88.0)
_NEWTON_STEPS = 20
# A thousandth of a pixel at a focal length of a thousand pixels.
_TOLERANCE = 1e-6


def bend_pinhole(x: Float64, y: Float64, coefficients: Coefficients) -> tuple[Float64, Float64]:
    """Image points of ideal points `x / z`, `y / z`; NaN beyond the fold (radial, tangential, thin prism, tilt)."""
    outside = x * x + y * y > _pinhole_table(coefficients)[0][-1] ** 2
    bent_x, bent_y = _tilted(*_bent(x, y, _filled(coefficients)), _tilt(coefficients))
    return np.where(outside, np.nan, bent_x), np.where(outside, np.nan, bent_y)


def unbend_pinhole(x: Float64, y: Float64, coefficients: Coefficients) -> tuple[Float64, Float64]:
    """Inverse of `bend_pinhole`, to a millionth of a focal length; NaN where no direction goes."""
    flat_x, flat_y = _tilted(np.ravel(x), np.ravel(y), np.asarray(np.linalg.inv(_tilt(coefficients)), np.float64))
    radius, bent = _pinhole_table(coefficients)
    filled, widest = _filled(coefficients), float(radius[-1])
    scale = _ratio(np.interp(np.hypot(flat_x, flat_y), bent, radius), np.hypot(flat_x, flat_y))
    ideal_x, ideal_y = flat_x * scale, flat_y * scale
    for _ in range(_NEWTON_STEPS):
        off_x, off_y = _off(ideal_x, ideal_y, flat_x, flat_y, filled)
        if not np.any(np.hypot(off_x, off_y) > 1e-3 * _TOLERANCE):
            break
        xx, xy, yy, yx = _slopes(ideal_x, ideal_y, filled)
        area = xx * yy - xy * yx
        step_x, step_y = (yy * off_x - xy * off_y) / area, (xx * off_y - yx * off_x) / area
        # Never further than the fold is away: a Newton step next to it may go anywhere.
        shorter = np.minimum(1.0, widest * _ratio(1.0, np.hypot(step_x, step_y)))
        ideal_x, ideal_y = ideal_x - shorter * step_x, ideal_y - shorter * step_y
    is_there = np.hypot(*_off(ideal_x, ideal_y, flat_x, flat_y, filled)) < _TOLERANCE
    is_there &= np.hypot(ideal_x, ideal_y) <= widest
    ideal_x[~is_there] = ideal_y[~is_there] = np.nan
    return ideal_x.reshape(np.shape(x)), ideal_y.reshape(np.shape(y))


def bend_fisheye(angle_rad: Float64, coefficients: Coefficients) -> Float64:
    """Radius in the image of directions that are so far off the axis; NaN beyond the fold."""
    widest = _fisheye_table(coefficients)[0][-1]
    return np.where(angle_rad <= widest, _fisheye_radius(angle_rad, coefficients), np.nan)


def unbend_fisheye(radius: Float64, coefficients: Coefficients) -> Float64:
    """Angle off the axis of points that are so far from the principal point; NaN where no direction goes."""
    angles, radii = _fisheye_table(coefficients)
    angle = np.interp(radius, radii, angles)
    for _ in range(_NEWTON_STEPS):
        off = _fisheye_radius(angle, coefficients) - radius
        if np.abs(off).max(initial=0.0) < _TOLERANCE * 1e-3:
            break
        slope = (_fisheye_radius(angle + 1e-6, coefficients) - _fisheye_radius(angle - 1e-6, coefficients)) / 2e-6
        angle = np.clip(angle - off / np.where(slope > 1e-3, slope, np.inf), 0.0, angles[-1])
    good = np.abs(_fisheye_radius(angle, coefficients) - radius) < _TOLERANCE
    return np.where(good, angle, np.nan)


def _filled(coefficients: Coefficients) -> Coefficients:
    return coefficients + (0.0,) * (PINHOLE_COUNTS[-1] - len(coefficients))


def _off(x: Float64, y: Float64, to_x: Float64, to_y: Float64, c: Coefficients) -> tuple[Float64, Float64]:
    """By how much `_bent` misses a point."""
    bent_x, bent_y = _bent(x, y, c)
    return bent_x - to_x, bent_y - to_y


def _bent(x: Float64, y: Float64, c: Coefficients) -> tuple[Float64, Float64]:
    r2 = x * x + y * y
    radial = _radial(r2, c)
    return (
        x * radial + 2.0 * c[2] * x * y + c[3] * (r2 + 2.0 * x * x) + c[8] * r2 + c[9] * r2 * r2,
        y * radial + c[2] * (r2 + 2.0 * y * y) + 2.0 * c[3] * x * y + c[10] * r2 + c[11] * r2 * r2,
    )


def _radial(r2: Float64, c: Coefficients) -> Float64:
    above = 1.0 + r2 * (c[0] + r2 * (c[1] + r2 * c[4]))
    return above / (1.0 + r2 * (c[5] + r2 * (c[6] + r2 * c[7])))


def _slopes(x: Float64, y: Float64, c: Coefficients) -> tuple[Float64, Float64, Float64, Float64]:
    """Derivatives of `_bent`: of x by x, of x by y, of y by y, of y by x."""
    r2 = x * x + y * y
    radial = _radial(r2, c)
    below = 1.0 + r2 * (c[5] + r2 * (c[6] + r2 * c[7]))
    above_slope = c[0] + r2 * (2.0 * c[1] + r2 * 3.0 * c[4])
    below_slope = c[5] + r2 * (2.0 * c[6] + r2 * 3.0 * c[7])
    by_r2 = (above_slope - radial * below_slope) / below
    prism_x, prism_y = 2.0 * (c[8] + 2.0 * c[9] * r2), 2.0 * (c[10] + 2.0 * c[11] * r2)
    both = 2.0 * x * y * by_r2 + 2.0 * (c[2] * x + c[3] * y)
    return (
        radial + 2.0 * x * x * by_r2 + 2.0 * c[2] * y + 6.0 * c[3] * x + prism_x * x,
        both + prism_x * y,
        radial + 2.0 * y * y * by_r2 + 6.0 * c[2] * y + 2.0 * c[3] * x + prism_y * y,
        both + prism_y * x,
    )


def _tilt(coefficients: Coefficients) -> Float64:
    """Homography (3, 3) of a sensor that is not square to the axis (Scheimpflug), as OpenCV defines it."""
    tau_x, tau_y = _filled(coefficients)[12:]
    if tau_x == tau_y == 0.0:
        return np.eye(3)
    cos_x, sin_x, cos_y, sin_y = np.cos(tau_x), np.sin(tau_x), np.cos(tau_y), np.sin(tau_y)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cos_x, sin_x], [0.0, -sin_x, cos_x]])
    about_y = np.array([[cos_y, 0.0, -sin_y], [0.0, 1.0, 0.0], [sin_y, 0.0, cos_y]])
    turned = about_y @ about_x
    upright = np.array([[turned[2, 2], 0.0, -turned[0, 2]], [0.0, turned[2, 2], -turned[1, 2]], [0.0, 0.0, 1.0]])
    return np.asarray(upright @ turned)


def _tilted(x: Float64, y: Float64, homography: Float64) -> tuple[Float64, Float64]:
    (a, b, c), (d, e, f), (g, h, i) = homography
    below = g * x + h * y + i
    return (a * x + b * y + c) / below, (d * x + e * y + f) / below


@lru_cache(_LENSES_REMEMBERED)
def _pinhole_table(coefficients: Coefficients) -> tuple[Float64, Float64]:
    """Ideal radii, and the radii in the image to which their radial part takes them; both rise, up to the fold."""
    radius = np.tan(np.linspace(0.0, _WIDEST_PINHOLE_RAD, _TABLE_SIZE))
    return _up_to_the_fold(radius, radius * _radial(radius * radius, _filled(coefficients)))


@lru_cache(_LENSES_REMEMBERED)
def _fisheye_table(coefficients: Coefficients) -> tuple[Float64, Float64]:
    angle = np.linspace(0.0, np.pi, _TABLE_SIZE)
    return _up_to_the_fold(angle, _fisheye_radius(angle, coefficients))


def _fisheye_radius(angle_rad: Float64, coefficients: Coefficients) -> Float64:
    k1, k2, k3, k4 = coefficients or (0.0, 0.0, 0.0, 0.0)
    a2 = angle_rad * angle_rad
    return angle_rad * (1.0 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))))


def _up_to_the_fold(ideal: Float64, bent: Float64) -> tuple[Float64, Float64]:
    falls = np.flatnonzero(~(np.diff(bent) > 0.0))
    end = falls[0] + 1 if len(falls) else len(bent)
    return ideal[:end], bent[:end]


def _ratio(above: Float64 | float, below: Float64) -> Float64:
    """1 where both vanish: the middle of the image stays where it is."""
    return np.asarray(np.divide(above, below, out=np.ones_like(below), where=below > 0.0))
