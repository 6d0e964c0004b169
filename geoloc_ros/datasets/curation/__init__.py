"""Tables of frames to clusters: sequences of the same stretch of road on different days (Warburg, 2020, A.5)."""

from geoloc_ros.datasets.curation.collection import is_curated, load_curated

__all__ = ["is_curated", "load_curated"]
