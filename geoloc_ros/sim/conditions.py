"""Light, weather and season under which the same streets are seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, cast, get_args

import numpy as np

from geoloc_ros.core.types import Float32, Float64

ConditionName = Literal["noon", "overcast", "rain_sunset", "night", "snow"]
CONDITIONS: Final[tuple[ConditionName, ...]] = cast(tuple[ConditionName, ...], get_args(ConditionName))
Leaves = Literal["green", "autumn", "none"]


def _colour(red: float, green: float, blue: float) -> Float32:
    return np.array([red, green, blue], np.float32)


@dataclass(frozen=True)
class Condition:
    """Everything that makes a street look otherwise while its buildings and trees stay; the defaults are noon.

    Colours (3,) are red, green, blue, 1 for white. Light is what a white surface sends back.
    """

    name: ConditionName = "noon"
    sun_light: float = 0.75
    """Of a surface square to the sun; 0: no sun, no shadows."""
    sun_colour: Float32 = field(default_factory=lambda: _colour(1.0, 0.95, 0.86))
    sun_elevation_deg: float = float("nan")
    """NaN: as drawn with the world."""
    sun_turn_deg: float = 0.0
    """How far left of where the world was drawn with it the sun stands."""
    sky_light: float = 0.56
    upward_light: float = 0.12
    """How much more of it there is for surfaces that face up."""
    sky_tint: Float32 = field(default_factory=lambda: _colour(0.93, 0.97, 1.06))
    zenith: Float32 = field(default_factory=lambda: _colour(0.32, 0.5, 0.78))
    horizon: Float32 = field(default_factory=lambda: _colour(0.8, 0.85, 0.9))
    cloud: Float32 = field(default_factory=lambda: _colour(0.95, 0.95, 0.95))
    cloud_gain: float = 0.45
    cloud_bias: float = -0.1
    """Clouds are `gain` times a pattern, plus `bias`, between 0 and 0.7."""
    glow: Float32 = field(default_factory=lambda: _colour(1.0, 1.0, 1.0))
    """Colour towards the sun."""
    haze: Float32 = field(default_factory=lambda: _colour(0.76, 0.8, 0.86))
    haze_m: float = 900.0
    """Distance at which haze has taken 63 %."""
    leaves: Leaves = "green"
    wet_ratio: float = 0.0
    """How dark and mirroring the ground is."""
    snow_ratio: float = 0.0
    """Share of what faces up that is white."""
    lamp_light: float = 0.0
    """Of street lamps, on the ground below one; 0: switched off, and so are headlights."""
    lit_ratio: float = 0.0
    """Share of windows with light inside."""
    grain: float = 0.0
    """Half the standard deviation of the camera's noise in black; a white pixel has three times as much. 1 is white."""
    flakes: float = 0.0
    """Share of the picture that drops or flakes near the lens take."""

    def sun(self, drawn: Float64) -> Float64:
        """Unit vector (3,) towards the sun of a world that was drawn with this one."""
        if np.isnan(self.sun_elevation_deg):
            return drawn
        azimuth = np.arctan2(drawn[1], drawn[0]) + np.radians(self.sun_turn_deg)
        elevation = np.radians(self.sun_elevation_deg)
        level = np.cos(elevation)
        return np.array([np.cos(azimuth) * level, np.sin(azimuth) * level, np.sin(elevation)])


NOON: Final = Condition()
_OVERCAST: Final = replace(
    NOON, name="overcast", sun_light=0.0, sky_light=0.66, upward_light=0.2, sky_tint=_colour(0.97, 1.0, 1.03),
    zenith=_colour(0.62, 0.65, 0.69), horizon=_colour(0.82, 0.84, 0.86), cloud=_colour(0.52, 0.55, 0.6),
    cloud_gain=0.3, cloud_bias=0.3, glow=_colour(0.8, 0.82, 0.84), haze=_colour(0.76, 0.78, 0.8), haze_m=600.0,
)
_RAIN_SUNSET: Final = replace(
    NOON, name="rain_sunset", sun_light=0.5, sun_colour=_colour(1.25, 0.68, 0.32), sun_elevation_deg=9.0,
    sun_turn_deg=105.0, sky_light=0.3, upward_light=0.06, sky_tint=_colour(0.92, 0.9, 1.14),
    zenith=_colour(0.27, 0.29, 0.4), horizon=_colour(0.93, 0.6, 0.4), cloud=_colour(0.34, 0.3, 0.36),
    cloud_gain=0.45, cloud_bias=0.25, glow=_colour(1.0, 0.75, 0.45), haze=_colour(0.56, 0.46, 0.45), haze_m=260.0,
    leaves="autumn", wet_ratio=0.9, lit_ratio=0.12, grain=0.012, flakes=0.012,
)
_NIGHT: Final = replace(
    NOON, name="night", sun_light=0.0, sky_light=0.09, upward_light=0.02, sky_tint=_colour(0.8, 0.9, 1.35),
    zenith=_colour(0.025, 0.03, 0.07), horizon=_colour(0.17, 0.14, 0.13), cloud=_colour(0.1, 0.09, 0.1),
    cloud_gain=0.4, cloud_bias=0.0, glow=_colour(0.1, 0.1, 0.12), haze=_colour(0.08, 0.075, 0.09), haze_m=500.0,
    lamp_light=1.0, lit_ratio=0.3, grain=0.03,
)
_SNOW: Final = replace(
    NOON, name="snow", sun_light=0.0, sky_light=0.7, upward_light=0.16, sky_tint=_colour(0.97, 1.0, 1.05),
    zenith=_colour(0.8, 0.82, 0.85), horizon=_colour(0.88, 0.89, 0.91), cloud=_colour(0.72, 0.74, 0.78),
    cloud_gain=0.3, cloud_bias=0.2, glow=_colour(0.9, 0.9, 0.9), haze=_colour(0.86, 0.87, 0.89), haze_m=180.0,
    leaves="none", snow_ratio=0.85, flakes=0.01,
)
_BY_NAME: Final = {one.name: one for one in (NOON, _OVERCAST, _RAIN_SUNSET, _NIGHT, _SNOW)}


def condition_of(name: ConditionName) -> Condition:
    """The condition of this name."""
    return _BY_NAME[name]
