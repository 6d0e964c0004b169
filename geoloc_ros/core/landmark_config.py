"""Parameters of landmarks: how they are made, voted for, and turned into a pose; the published values (VS-Net)."""

from __future__ import annotations

from pydantic import Field

from geoloc_ros.core.section import Section


class VotingConfig(Section):
    """From the maps of a network to landmarks in the image."""

    least_pixels: int = Field(
        20, ge=2, description="Smaller patches are dropped, pixels of the network's input (not of its coarser output)"
    )
    hypotheses: int = Field(256, ge=1, le=4096, description="Intersections of two votes that are tried per landmark")
    inlier_cos: float = Field(
        0.999, gt=0.0, lt=1.0, description="Cosine of the angle up to which a vote agrees with a hypothesis"
    )
    circle_px: float = Field(6.0, gt=0.0, description="Votes that pass the landmark by this much refine it, pixels")
    max_iterations: int = Field(20, ge=0, le=1000, description="Refinements of a landmark at the most")
    least_inliers: int = Field(5, ge=2, description="Landmarks with fewer agreeing votes are dropped")


class CameraPoseConfig(Section):
    """From landmarks in the image to the pose of the camera."""

    least_landmarks: int = Field(6, ge=4, description="A pose needs so many landmarks that agree")
    inlier_px: float = Field(8.0, gt=0.0, description="How far a landmark may lie from its projection, pixels")
    iterations: int = Field(1000, ge=1, le=100_000, description="Poses that are tried at the most")
    max_log10_chance: float = Field(
        -10.0, description="Poses that chance fits as well this often (logarithm to base 10) are not found"
    )


class ScenesConfig(Section):
    """Which of many learnt scenes are looked for, and held in memory."""

    radius_m: float = Field(30.0, gt=0.0, description="Scenes are looked for so far from where they were learnt, m")
    memory_mb: float = Field(1000.0, gt=0.0, description="What scenes may take of memory, with their engines, MB")
    tries: int = Field(2, ge=1, le=1000, description="Scenes that are looked for in one image at the most")
