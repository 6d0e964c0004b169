"""Landmarks of a scene, and what is found of them in an image."""

from __future__ import annotations

from dataclasses import dataclass

from geoloc_ros.core.types import Float32, Float64, Int32, Pose3

NO_LANDMARK = 0
"""The label of pixels that show none: sky, what is far away, what the surface does not know."""


@dataclass(frozen=True)
class Landmarks:
    """n landmarks: centres of the patches of a surface. Landmark k, from 1 to n, is row k - 1 (VS-Net, §3.1)."""

    position_m: Float64
    """(n, 3), frame of the scene."""
    normal: Float32
    """(n, 3), mean of the patch, unit length."""
    patch_m: float
    """Size that patches were asked to have, across."""

    def __len__(self) -> int:
        """N."""
        return len(self.position_m)


@dataclass(frozen=True)
class ViewLabels:
    """What a network learns to say about one image (VS-Net, §3.1)."""

    landmark: Int32
    """(H, W), 1 to n; NO_LANDMARK where no patch is visible."""
    depth_m: Float32
    """(H, W), along z, of the surface; NaN where it is not seen."""


@dataclass(frozen=True)
class VotedLandmarks:
    """K landmarks that were found in an image (VS-Net, §3.2)."""

    landmark: Int32
    """(K,), 1 to n, each once."""
    pixel: Float64
    """(K, 2), where it projects to, from the corner of the first pixel; may lie outside of its patch."""
    votes: Int32
    """(K,), pixels whose direction agrees."""
    covariance_px2: Float64
    """(K, 2, 2) of `pixel`, by the spread of the votes; never singular. Long patches know one axis better."""


@dataclass(frozen=True)
class CameraPose:
    """Where a camera was, by the landmarks it saw."""

    scene_from_camera: Pose3
    covariance: Float64
    """(6, 6) of the camera's x, y, z (m) and rotations about these axes (rad), frame of the scene; never singular."""
    num_voted: int
    """Landmarks that were found in the image."""
    inliers: Int32
    """(I,), landmarks that agree with the pose."""
    error_px: float
    """Median distance of the inliers to where the pose projects them, pixels of the network's input."""
    log10_chance: float
    """Logarithm of how many poses would be expected to fit as well if the landmarks lay at random; lower is surer."""


@dataclass(frozen=True)
class NotFound:
    """The image does not show enough of the scene, or another scene."""

    reason: str
    """One line for people, with the numbers."""
    num_voted: int


CameraAnswer = CameraPose | NotFound
