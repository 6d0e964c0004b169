"""Descriptors as sums of waves round the circle: their products with a query in all its turns cost little."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np

from geoloc_ros.core.native import load_native
from geoloc_ros.core.types import Float16, Float32, Float64
from geoloc_ros.localization.camera_yaw.turning import MOST_BINS, BinLayout

_LANES = 16
_CHUNK = 4096


class Spectra:
    """The transformed descriptors of V viewpoints, 16 at a time; an int16 and a scale per wave and channel.

    Turning a query shifts its bins, so the products in all R turns are one circular correlation: a product of two
    transforms and one small transform back. For 36 turns of 6 channels that is a seventh of the multiplications.
    """

    def __init__(self, descriptors: Float16, layout: BinLayout) -> None:
        """Transform descriptors (V, D)."""
        assert layout.num_bins <= MOST_BINS, layout
        self._layout = layout
        self._turns = layout.num_bins
        self._frequencies = self._turns // 2 + 1
        self._channels = (descriptors.shape[1] - 1) // self._turns
        phase = 2.0 * np.pi / self._turns * np.outer(np.arange(self._turns), np.arange(self._frequencies))
        self._basis = np.stack([np.cos(phase), -np.sin(phase)], axis=-1).astype(np.float32)
        # Turns of half a circle and less: the rest are their mirror images.
        self._wave = self._basis[: self._frequencies] * np.array([1.0, -1.0], np.float32)
        # A real sum of `turns` waves has each frequency twice, but the first, and the last of an even number.
        self._share = np.full(self._frequencies, 2.0 / self._turns)
        self._share[0] = 1.0 / self._turns
        if self._turns % 2 == 0:
            self._share[-1] = 1.0 / self._turns
        blocks = -(-len(descriptors) // _LANES)
        self.padded = blocks * _LANES
        """V, and what is missing to whole blocks."""
        self._bias = np.zeros(self.padded, np.float32)
        self._bias[: len(descriptors)] = descriptors[:, -1]
        self._scale = self._scales(descriptors)
        self._coefficient = np.zeros((blocks, self._frequencies, self._channels, 2, _LANES), np.int16)
        for first in range(0, len(descriptors), _CHUNK):
            rows = descriptors[first : first + _CHUNK].astype(np.float32)
            rows = np.pad(rows, ((0, -len(rows) % _LANES), (0, 0)))
            whole = np.rint(self._transform(rows) / self._scale[:, :, None]).astype(np.int16)
            part = whole.reshape(-1, _LANES, *whole.shape[1:]).transpose(0, 2, 3, 4, 1)
            self._coefficient[first // _LANES : first // _LANES + len(part)] = part

    def marginals(
        self, query: Float32, exponent: float, prior: Float64, belief: Float32, out: Float32
    ) -> Float64:
        """Sums over turns and over viewpoints of `exp(-exponent * dissimilarity)`, in one pass.

        Args:
            query: (D,).
            exponent: Nats per dissimilarity.
            prior: (R,), probability of each turn to the left.
            belief: (padded,), of each viewpoint.
            out: (padded,); the logarithm of the mean over turns is written here.

        Returns:
            (R,), the logarithm of the mean over viewpoints, 0 for the best turn.
        """
        scale = -exponent * self._share[:, None] * self._scale
        spectrum = np.ascontiguousarray(self._transform(query[None])[0] * scale[:, :, None], np.float32)
        probability = np.ascontiguousarray(prior, np.float32)
        weight = np.empty(self._turns)
        _native().geoloc_turn_marginals(
            len(self._coefficient), self._turns, self._channels, self._coefficient.ctypes.data,
            self._bias.ctypes.data, spectrum.ctypes.data, -exponent * float(query[-1]), self._wave.ctypes.data,
            probability.ctypes.data, belief.ctypes.data, out.ctypes.data, weight.ctypes.data,
        )
        # Nothing is impossible: what is too small for a number is as small as one can be.
        log_weight: Float64 = np.log(np.maximum(weight, np.finfo(np.float64).tiny))
        log_weight -= log_weight.max()
        return log_weight

    def _scales(self, descriptors: Float16) -> Float64:
        """(frequencies, channels), of the last bit."""
        largest = np.full((self._frequencies, self._channels), 1e-30)
        for first in range(0, len(descriptors), _CHUNK):
            waves = self._transform(descriptors[first : first + _CHUNK].astype(np.float32))
            np.maximum(largest, np.abs(waves).max(axis=(0, 3)), out=largest)
        return largest / np.iinfo(np.int16).max

    def _transform(self, rows: Float32) -> Float32:
        """(N, frequencies, channels, 2): real and imaginary parts of the waves of rows (N, D)."""
        bins = self._layout.binned(rows).swapaxes(1, 2).reshape(-1, self._turns)
        waves: Float32 = bins @ self._basis.reshape(self._turns, -1)
        return waves.reshape(len(rows), self._channels, self._frequencies, 2).swapaxes(1, 2)


@cache
def _native() -> ctypes.CDLL:
    library = load_native()
    pointer, number = ctypes.c_void_p, ctypes.c_int32
    library.geoloc_turn_marginals.argtypes = [
        ctypes.c_int64, number, number, *[pointer] * 3, ctypes.c_float, *[pointer] * 5
    ]
    library.geoloc_turn_marginals.restype = None
    return library
