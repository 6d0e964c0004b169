"""From an image to the places where it may have been taken, with how probable each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geodesy import GeoOrigin
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.interfaces import PhotoEncoder
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.types import Float64, Int64, Pose3, UInt8
from geoloc_ros.vpr.candidates import group_photos
from geoloc_ros.vpr.confidence import standard_likeness
from geoloc_ros.vpr.front_faces import cut_faces
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.trials import MOST_PLACES, NUM_PHOTOS


@dataclass(frozen=True)
class Recognition:
    """N places where an image may have been taken, most probable first."""

    row: Int64
    """(N,), photo of the index that is most alike there."""
    position_m: Float64
    """(N, 2), of the photos there, in the map frame."""
    yaw_rad: Float64
    """(N,), of the base; NaN where the photos do not know."""
    probability: Float64
    """(N,), above 0; what is missing to 1 is that it was taken at none of them."""
    likeness: Float64
    """(N,), to the photo, in standard deviations over what photos at random look like."""
    sigma_m: float
    """Standard deviation of the position of the place that is right, east and north."""


class PhotoRecognizer:
    """Looks images of a vehicle's camera up in a photo index. Calls from one thread at a time."""

    def __init__(self, index: PhotoIndex, encoder: PhotoEncoder, origin: GeoOrigin, config: PhotoConfig) -> None:
        """Put the photos on a map.

        Args:
            index: Of the photos.
            encoder: That made its descriptors.
            origin: Of the map frame.
            config: How images are cut.

        Raises:
            IndexMismatchError: If the encoder is another one, or nobody knows where on the earth the photos are.
        """
        index.check_encoder(encoder)
        self._index, self._encoder, self._config = index, encoder, config
        self._position_m = index.positions_on(origin)

    def warm_up(self) -> None:
        """Load now what the first image would wait for."""
        stripes = np.tile(np.arange(0, 256, 4, dtype=np.uint8)[:, None], (48, 1, 3))
        mount = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3))
        self.recognize(stripes, Camera.pinhole(64, 48, np.pi / 2.0), mount)

    def recognize(self, image: UInt8, camera: Camera, base_from_camera: Pose3) -> Recognition:
        """Where an image (H, W, 3), red first, may have been taken.

        Raises:
            ObservationError: If the image does not fit the camera, or the camera does not look around.
            BackendError: If the network cannot be run.
        """
        faces = cut_faces(image, camera, base_from_camera, self._config)
        queries = self._encoder.encode([face.image for face in faces])
        alike, rows = self._index.search.search(queries, NUM_PHOTOS)
        confidence = self._index.confidence
        # Of a place that several faces see, the one that is most alike counts.
        likeness = np.concatenate([
            standard_likeness(of_photos, self._index.decoys @ query)
            for of_photos, query in zip(alike, queries, strict=True)
        ])
        looks_rad = np.repeat([face.yaw_rad for face in faces], rows.shape[1])
        row, is_found = rows.ravel(), rows.ravel() >= 0
        row, likeness, looks_rad = row[is_found], likeness[is_found], looks_rad[is_found]
        yaw_rad = wrap_angle(self._index.photos.yaw_rad[row] - looks_rad)
        weighed = confidence.sharpness * likeness
        found = group_photos(row, self._position_m[row], np.asarray(yaw_rad), weighed).first(MOST_PLACES)
        probability = confidence.probabilities(found.likeness / confidence.sharpness, len(faces))
        # Beside a place that is far more alike than the last ones, these are less probable than any number above 0.
        found = found.first(int(np.count_nonzero(probability)))
        return Recognition(
            found.row, found.position_m, found.yaw_rad, probability[: len(found)],
            found.likeness / confidence.sharpness, confidence.sigma_m,
        )  # fmt: skip
