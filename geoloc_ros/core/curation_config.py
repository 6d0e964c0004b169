"""Parameters of the curation of photos: the numbers of Mapillary SLS (Warburg, 2020, §3.1 and appendix A.5)."""

from __future__ import annotations

from pydantic import Field

from geoloc_ros.core.section import Section


class CurationConfig(Section):
    """How a table of frames becomes sequences of the same places on different days."""

    window_m: float = Field(500.0, ge=50.0, le=5000.0, description="Side of the windows that are curated apart, m")
    slot_s: int = Field(300, ge=1, description="A user has one sequence per so many seconds, s")
    compass_tolerance_deg: float = Field(
        30.0, gt=0.0, le=180.0, description="Raw and computed compass agree up to this difference, degrees"
    )
    compass_agreement: float = Field(
        0.8, ge=0.0, le=1.0, description="Share of the frames of a sequence whose compasses must agree"
    )
    min_frames: int = Field(5, ge=2, description="Frames that a sequence must have, before and after every cut")
    max_gap_m: float = Field(30.0, gt=0.0, description="A sequence is split where frames are farther apart, m")
    motion_m: float = Field(1.0, gt=0.0, description="Way between the frames that the direction of motion is of, m")
    distance_m: float = Field(30.0, gt=0.0, description="Frames of one place are less apart than this, m")
    view_deg: float = Field(
        40.0, gt=0.0, le=180.0, description="Frames of one place look in directions that differ by less, degrees"
    )
    heading_deg: float = Field(
        40.0, gt=0.0, le=180.0, description="Frames of one place move in directions that differ by less, degrees"
    )
    max_skip_m: float = Field(
        30.0, ge=0.0, description="Skipped frames are added where no longer stretch was skipped, m"
    )
    min_dates: int = Field(2, ge=1, description="Days, by the sun, on which a cluster must have been photographed")
    facing_deg: float = Field(
        45.0, gt=0.0, lt=90.0, description="Forward is up to this angle from the motion, backward as much from its back"
    )
    road_m: float = Field(10.0, gt=0.0, description="A frame is on the nearest road of the map within this, m")
