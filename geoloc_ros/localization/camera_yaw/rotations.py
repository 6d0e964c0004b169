"""A camera whose yaw on the vehicle nobody knows: a query in all its turns at once, and which turn it was."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.localization_config import TrackerConfig
from geoloc_ros.core.types import Float32, Float64
from geoloc_ros.localization.camera_yaw.spectra import Spectra
from geoloc_ros.localization.camera_yaw.turning import BinLayout
from geoloc_ros.localization.place_index import PlaceIndex

# However sure the yaw is, every other one keeps this much: what was learnt off the map can be taken back.
_LEAST_PROBABILITY = 1e-3


class CameraYaw:
    """Learns the constant yaw of a camera on its vehicle while that is being located, from the same frames.

    Vehicle and yaw are taken to be independent given the past, which keeps their beliefs apart (a mean field): a frame
    weighs the places by its likelihood averaged over the yaw, and the yaws by its likelihood averaged over the places.
    At first all roads say is where they are open; the two ends of a road are told apart by driving.
    """

    def __init__(self, index: PlaceIndex, layout: BinLayout, config: TrackerConfig) -> None:
        """Transform the index: two seconds per 100 000 viewpoints, and as much memory as its descriptors.

        Raises:
            ConfigError: If dissimilarities of the index are no log ratios; a mean over turns would mean nothing.
        """
        if not index.tells_log_ratios:
            raise ConfigError(
                f"encoder '{index.encoder_id}' of the index does not tell how likely a turn is, so that an unknown yaw "
                "of the camera cannot be learnt; set localizer.camera_yaw=known, or build the index with "
                "descriptor.method=learned"
            )
        self._spectra = Spectra(index.descriptors, layout)
        self._exponent = config.score_exponent
        turns = layout.num_bins
        self._turn_rad = np.asarray(wrap_angle(np.linspace(0.0, 2.0 * np.pi, turns, endpoint=False)))
        self._dissimilarity = np.empty(self._spectra.padded, np.float32)
        self._belief = np.zeros(self._spectra.padded, np.float32)  # stays 0 behind the last viewpoint
        self.reset()

    def reset(self) -> None:
        """The camera may look anywhere."""
        turns = len(self._turn_rad)
        self._log_probability = np.full(turns, -np.log(turns))
        self._log_weight = np.zeros(turns)
        self._log_evidence = np.zeros(turns)

    @property
    def turn_rad(self) -> Float64:
        """(R,), of the camera to the left on the vehicle."""
        return self._turn_rad

    @property
    def probability(self) -> Float64:
        """(R,), of each turn."""
        probability: Float64 = np.exp(self._log_probability)
        return probability

    @property
    def yaw_rad(self) -> float:
        """Of the camera on the vehicle, to the left: of the best turn, by a parabola through its neighbours."""
        best, count = int(np.argmax(self._log_probability)), len(self._log_evidence)
        before, here, after = (float(self._log_evidence[(best + step) % count]) for step in (-1, 0, 1))
        bend = before - 2.0 * here + after
        shift = float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0
        return float(wrap_angle(self._turn_rad[best] + shift * 2.0 * np.pi / count))

    @property
    def sigma_rad(self) -> float:
        """Standard deviation of the yaw, the width of a turn included; about 1.8 (that of a whole turn) at first."""
        offset = wrap_angle(self._turn_rad - self.yaw_rad)
        width = 2.0 * np.pi / len(self._turn_rad)
        weight = np.maximum(self.probability - 1.01 * _LEAST_PROBABILITY, 0.0)
        return float(np.sqrt(np.sum(weight * offset**2) / weight.sum() + width**2 / 12.0))

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
        self._log_evidence += power * self._log_weight
        log_probability = self._log_probability + power * self._log_weight
        log_probability -= np.logaddexp.reduce(log_probability)
        log_probability = np.maximum(log_probability, np.log(_LEAST_PROBABILITY))
        self._log_probability = log_probability - np.logaddexp.reduce(log_probability)
        self._log_weight = np.zeros(len(self._turn_rad))
