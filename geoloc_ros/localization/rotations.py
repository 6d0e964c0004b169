"""A camera whose yaw on the vehicle nobody knows: a query in all its turns at once, and which turn it was."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache

import numpy as np

from geoloc_ros.core.config import TrackerConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float16, Float32, Float64
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localization.turning import BinLayout

_LANES = 16
_CHUNK = 4096
# However sure the yaw is, every other one keeps this much: an early mistake can be taken back.
_LEAST_PROBABILITY = 1e-4


class CameraYaw:
    """Learns the constant yaw of a camera on its vehicle while that is being located, from the same frames.

    Vehicle and yaw are taken to be independent given the past, which keeps their beliefs apart (a mean field): a frame
    weighs the places by its likelihood averaged over the yaw, and the yaws by its likelihood averaged over the places.
    At first all roads say is where they are open; the two ends of a road are told apart by driving.
    """

    def __init__(self, index: PlaceIndex, layout: BinLayout, config: TrackerConfig) -> None:
        """Transform the index: a second per 100 000 viewpoints, and as much memory as its descriptors."""
        self._spectra = _Spectra(index, layout)
        self._exponent = config.score_exponent
        turns = layout.num_bins
        self._turn_rad = wrap_angle(2.0 * np.pi / turns * np.arange(turns))
        self._dissimilarity = np.empty(self._spectra.padded, np.float32)
        self._belief = np.zeros(self._spectra.padded, np.float32)
        self._log_weight = np.zeros(turns)
        self._log_probability = np.zeros(turns)
        self.reset()

    def reset(self) -> None:
        """The camera may look anywhere."""
        self._log_probability = np.full(len(self._turn_rad), -np.log(len(self._turn_rad)))
        self._log_weight = np.zeros(len(self._turn_rad))

    @property
    def turn_rad(self) -> Float64:
        """(R,), of the camera to the left on the vehicle."""
        return self._turn_rad

    @property
    def probability(self) -> Float64:
        """(R,), of each turn."""
        return np.exp(self._log_probability)

    @property
    def yaw_rad(self) -> float:
        """Of the camera on the vehicle, to the left: of the best turn, by a parabola through its neighbours."""
        best = int(np.argmax(self._log_probability))
        count = len(self._log_probability)
        before, here, after = (float(self._log_probability[(best + step) % count]) for step in (-1, 0, 1))
        bend = before - 2.0 * here + after
        shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        return float(wrap_angle(self._turn_rad[best] + shift * 2.0 * np.pi / count))

    @property
    def sigma_rad(self) -> float:
        """Standard deviation of the yaw, the width of a turn included; about 1.8 (that of a whole turn) at first."""
        offset = wrap_angle(self._turn_rad - self.yaw_rad)
        width = 2.0 * np.pi / len(self._turn_rad)
        return float(np.sqrt(np.sum(self.probability * offset**2) + width**2 / 12.0))

    def look(self, query: Float32, belief: Float32) -> Float32:
        """Dissimilarity (V,) of a query (D,), averaged over the yaw; valid until the next call.

        Args:
            query: Of the scan as the camera saw it.
            belief: (V,), of the viewpoints before this frame.
        """
        count = len(belief)
        self._belief[:count] = belief
        self._log_weight = self._spectra.marginals(
            query, self._exponent, self.probability, self._belief, self._dissimilarity
        )
        averaged = self._dissimilarity[:count]
        averaged *= np.float32(-1.0 / self._exponent)
        return averaged

    def learn(self, power: float) -> None:
        """Let the frame last looked at count for the yaw, with the power with which it counts for the place."""
        log_probability = self._log_probability + power * self._log_weight
        log_probability -= np.logaddexp.reduce(log_probability)
        log_probability = np.maximum(log_probability, np.log(_LEAST_PROBABILITY))
        self._log_probability = log_probability - np.logaddexp.reduce(log_probability)
        self._log_weight = np.zeros(len(self._turn_rad))


class _Spectra:
    """The descriptors of an index as sums of waves round the circle, 16 viewpoints at a time."""

    def __init__(self, index: PlaceIndex, layout: BinLayout) -> None:
        descriptors = index.descriptors
        self._layout = layout
        self._turns = layout.num_bins
        frequencies = self._turns // 2 + 1
        self._channels = (index.dimension - 1) // self._turns
        self.padded = -(-len(descriptors) // _LANES) * _LANES
        blocks = self.padded // _LANES
        self._bias = np.zeros(self.padded, np.float32)
        self._bias[: len(descriptors)] = descriptors[:, -1]
        self._scale = np.full((frequencies, self._channels), 1e-30)
        for _, waves in self._chunks(descriptors):
            np.maximum(self._scale, np.abs(waves).max(axis=(0, 3)), out=self._scale)
        self._scale /= np.iinfo(np.int16).max
        self._coefficient = np.zeros((blocks, frequencies, self._channels, 2, _LANES), np.int16)
        for first, waves in self._chunks(descriptors):
            whole = np.zeros((-(-len(waves) // _LANES) * _LANES, *waves.shape[1:]), np.int16)
            whole[: len(waves)] = np.rint(waves / self._scale[:, :, None])
            part = whole.reshape(-1, _LANES, *waves.shape[1:]).transpose(0, 2, 3, 4, 1)
            self._coefficient[first // _LANES : first // _LANES + len(part)] = part
        phase = 2.0 * np.pi / self._turns * np.outer(np.arange(frequencies), np.arange(frequencies))
        self._wave = np.ascontiguousarray(np.stack([np.cos(phase), np.sin(phase)], axis=-1), np.float32)
        # A real sum of `turns` waves has each frequency twice, but the first, and the last of an even number.
        self._share = np.full(frequencies, 2.0 / self._turns)
        self._share[0] = 1.0 / self._turns
        if self._turns % 2 == 0:
            self._share[-1] = 1.0 / self._turns

    def marginals(
        self, query: Float32, exponent: float, prior: Float64, belief: Float32, out: Float32
    ) -> Float64:
        """Write log sum_r prior_r exp(score) to `out` (padded,); log sum_v belief_v exp(score) (R,) up to a constant.

        Score is `-exponent` times the dissimilarity. `belief` (padded,), 0 behind the last viewpoint.
        """
        waves = _waves(self._layout.binned(query[None]))[0]
        waves *= (-exponent * self._share[:, None] * self._scale)[:, :, None]
        spectrum = np.ascontiguousarray(waves, np.float32)
        weight = np.empty(self._turns)
        probability = np.ascontiguousarray(prior, np.float32)
        _native().geoloc_turn_marginals(
            len(self._coefficient), self._turns, self._channels, self._coefficient.ctypes.data,
            self._bias.ctypes.data, spectrum.ctypes.data, -exponent * float(query[-1]), self._wave.ctypes.data,
            probability.ctypes.data, belief.ctypes.data, out.ctypes.data, weight.ctypes.data,
        )
        # Nothing is impossible: what is too small for a number is as small as one can be.
        log_weight: Float64 = np.log(np.maximum(weight, np.finfo(np.float64).tiny))
        return log_weight - log_weight.max()

    def _chunks(self, descriptors: Float16) -> Iterator[tuple[int, Float64]]:
        """Rows of the index, some at a time: the first, and their waves."""
        for first in range(0, len(descriptors), _CHUNK):
            yield first, _waves(self._layout.binned(descriptors[first : first + _CHUNK].astype(np.float32)))


def _waves(binned: Float32) -> Float64:
    """(N, frequencies, channels, 2): real and imaginary parts of the transform of (N, bins, channels)."""
    transform = np.fft.rfft(binned, axis=1)
    return np.stack([transform.real, transform.imag], axis=-1)


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, number = ctypes.c_void_p, ctypes.c_int32
    library.geoloc_turn_marginals.argtypes = [
        ctypes.c_int64, number, number, *[pointer] * 3, ctypes.c_float, *[pointer] * 5
    ]
    library.geoloc_turn_marginals.restype = None
    return library
