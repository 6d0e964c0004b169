"""Parameters of place recognition from photos."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from geoloc_ros.core.section import Section

SearchKind = Literal["auto", "exact", "ivfpq", "imi", "hnsw", "fastscan"]


class PhotoConfig(Section):
    """How a photo becomes a descriptor."""

    model: str = Field("", description="ONNX file of the network; empty: the one that is shipped")
    num_faces: int = Field(
        1, ge=1, le=16, description="Level faces that are cut out of a panorama or fisheye and looked up, evenly around"
    )
    face_fov_deg: float = Field(80.0, ge=20.0, le=120.0, description="Their horizontal field of view, degrees")


class SearchConfig(Section):
    """How the photos most alike are found."""

    kind: SearchKind = Field("auto", description="Index of the descriptors; auto chooses by size and asked recall")
    recall: float = Field(
        0.98, gt=0.0, le=1.0, description="Share of the 10 nearest that an approximate search must find; 1 is exact"
    )
