"""Parameters of what makes a pose of scans and odometry: tracker, alignment, and what a fix is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from geoloc_ros.core.section import Section


class MotionConfig(Section):
    """How wrong odometry may be."""

    scale_sigma: float = Field(
        0.02, ge=0.0, le=0.5, description="Standard deviation of its constant scale: wheels worn, or a camera's guess"
    )
    yaw_bias_radps: float = Field(
        0.002, ge=0.0, description="Standard deviation of its constant drift of heading, rad/s"
    )
    distance_variance_m: float = Field(
        0.05, gt=0.0, description="Variance that its distance gains per metre driven, m^2/m"
    )


class TrackerConfig(Section):
    """The tracker over the place graph."""

    cell_length_m: float = Field(2.5, gt=0.0, le=50.0, description="Length of the road cells that hold the belief, m")
    heading_sigma_rad: float = Field(0.15, gt=0.0, description="Deviation from the road's direction that is usual, rad")
    heading_penalty_per_m: float = Field(
        0.5, ge=0.0, description="Log-likelihood lost per metre driven against the road's direction"
    )
    heading_memory_m: float = Field(100.0, gt=0.0, description="Drive after which a heading deviation is forgotten, m")
    leak_per_m: float = Field(
        1e-5, ge=0.0, lt=0.01, description="Belief spread over the whole city per metre driven: recovers from anything"
    )
    off_map_prior: float = Field(
        0.1, ge=0.0, lt=1.0, description="Probability that a drive starts where the map has no road"
    )
    leave_map_per_m: float = Field(
        1e-4, ge=0.0, lt=0.01, description="Probability per metre that a vehicle leaves the roads of the map"
    )
    enter_map_per_m: float = Field(
        1e-3, ge=0.0, lt=0.1, description="Probability per metre that it comes back onto them, anywhere"
    )
    turn_chance_per_m: float = Field(
        0.065, ge=0.0, description="Log-likelihood that a wrong map loses per metre by turns that are not its own"
    )
    look_alike_nats: float = Field(
        0.7, ge=0.0, description="Log-likelihood that a wrong map gains per independent frame by look-alike streets"
    )
    fix_outlier_ratio: float = Field(
        0.1, gt=0.0, lt=1.0, description="Share of positions and headings of others that are not to be believed"
    )
    fix_memory_s: float = Field(
        60.0, gt=0.0, description="Time for which the error of a receiver or compass lasts: so many count as one, s"
    )
    evidence_length_m: float = Field(
        40.0, gt=0.0, description="Drive after which a new frame is independent of the last; nearer ones count in part"
    )
    score_exponent: float = Field(
        0.9, gt=0.0, le=2.0,
        description="Trust in the likelihood ratios of the learned descriptor: 1 if it is as right as it believes",
    )
    score_floor: float = Field(
        0.3, gt=0.0, lt=1.0, description="Share of frames that say nothing: the least that one leaves of a place"
    )
    rank_exponent: float = Field(
        0.8, ge=0.0, lt=1.0,
        description="Other descriptors: a place that r of the city look more like has likelihood r to minus this",
    )
    rank_softening: float = Field(
        15.0, gt=0.0, description="So many places that look more alike make no difference yet: limits one frame's word"
    )


class AlignConfig(Section):
    """The alignment of the last scans with the walls of the map."""

    window_m: float = Field(450.0, gt=0.0, le=2000.0, description="Drive whose scans are aligned together, m")
    spacing_m: float = Field(12.0, gt=0.0, description="Drive between two scans that are kept, m")
    max_iterations: int = Field(6, ge=1, le=100, description="Steps of one alignment")
    ray_sigma: float = Field(
        0.05, gt=0.0, description="Usual error of a ray's range, as a share, beside that of its whole building"
    )
    depth_sigma: float = Field(
        0.25, gt=0.0, description="Standard deviation of the logarithm of a building's factor of depth"
    )
    depth_scale_sigma: float = Field(
        0.4, gt=0.0, description="The same of the factor of all depths; stereo cameras may say 0.02"
    )
    offset_sigma_m: float = Field(1.5, gt=0.0, description="How far buildings are off their place in the map, m")
    edge_sigma_rad: float = Field(0.03, gt=0.0, description="Usual error of the border between two buildings, rad")
    yaw_bias_change_radps2: float = Field(
        3e-5, gt=0.0, description="Standard deviation of the rate at which odometry's drift of heading changes, rad/s^2"
    )
    camera_yaw_rad: float = Field(
        0.02, gt=0.0, description="Standard deviation of the camera's yaw on the vehicle as configured, rad"
    )


class LocalizerConfig(Section):
    """When a pose is called a fix."""

    camera_yaw: Literal["known", "unknown"] = Field(
        "known", description="Whether tf tells how the camera is turned on the vehicle; unknown: learnt while driving"
    )
    fix_probability: float = Field(0.9, gt=0.5, lt=1.0, description="Belief around the pose that makes it a fix")
    lost_probability: float = Field(0.5, gt=0.0, lt=1.0, description="Belief around the pose under which it is lost")
    mode_radius_m: float = Field(15.0, gt=0.0, description="How far around the pose belief counts as the same, m")
    mode_turn_rad: float = Field(1.0, gt=0.0, description="How far off its heading belief counts as the same, rad")
    max_odometry_step_m: float = Field(
        50.0, gt=0.0, description="Odometry that moves further between two frames has jumped: start anew, m"
    )
    search_every_m: float = Field(
        5.0, gt=0.0, description="Drive between two frames compared with the whole map while there is no fix, m"
    )
    global_every_m: float = Field(
        10.0, gt=0.0, description="Drive between two frames compared with the whole map while there is a fix, m"
    )
    fix_chance: float = Field(
        1e-3, gt=0.0, lt=1.0, description="Chance that a wrong place looks as good, below which a pose is a fix"
    )
    lost_chance: float = Field(0.1, gt=0.0, lt=1.0, description="The same, above which a fix is lost")
    fix_doubt: float = Field(
        0.5, ge=0.0, description="Log odds that the newest frames were seen from elsewhere, up to which a pose is a fix"
    )
    lost_doubt: float = Field(3.0, gt=0.0, description="The same, above which a fix is lost: the vehicle was moved")
    fix_sigma_m: float = Field(5.0, gt=0.0, description="Standard deviation of a position up to which it is a fix, m")
    lost_sigma_m: float = Field(
        15.0, gt=0.0, description="Standard deviation above which a fix carried by odometry is lost, m"
    )
