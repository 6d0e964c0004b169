"""Re-ranking by scan alignment, for whole sets of queries, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from geoloc_ros.core.config import RerankConfig
from geoloc_ros.core.geometry import wrap_angle
from geoloc_ros.core.types import Float64, SemanticScan
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.retrieval import Queries, Reranked, Retrieval
from geoloc_ros.localization.ray_likelihood import RayTable
from geoloc_ros.localization.rerank import Reranker
from geoloc_ros.maps.raycast import RayCaster


class SecondLook:
    """`localization.rerank` at every query of a set; implements `evaluation.retrieval.Reranker`."""

    def __init__(self, database: PlaceDatabase, table: RayTable, config: RerankConfig) -> None:
        caster = RayCaster(database.geomap.buildings.walls())
        self._reranker = Reranker(caster, table, config, database.scan_config)
        self._position_m = database.places.position_m
        self._road_yaw_rad = _road_directions(database)

    def rerank(self, queries: Queries, found: Retrieval) -> Reranked:
        """Order the places of each query anew; the method must have said a turn for each."""
        # How far each scan was turned to be compared; known, as we turned it.
        turned_rad = queries.pose[:, 2] - queries.frame_yaw_rad

        def look(query: int) -> tuple[Float64, Float64]:
            scan, places = queries.scan, found.nearest[query]
            one = SemanticScan(scan.range_m[query], scan.instance[query], scan.observed[query])
            poses = np.column_stack([self._position_m[places], found.turn_rad[query].astype(np.float64)])
            again = self._reranker.rerank(one, poses, self._road_yaw_rad[places], found.dissimilarity[query])
            return places[again.order], again.pose[again.order[0]]

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            looks = list(pool.map(look, range(len(queries))))
        pose = np.stack([best for _, best in looks])
        pose[:, 2] = wrap_angle(pose[:, 2] + turned_rad)
        return Reranked(np.stack([order for order, _ in looks]).astype(np.int32), pose)


def _road_directions(database: PlaceDatabase) -> Float64:
    """Direction (N,) of the road at each place, either way."""
    yaw_rad = np.empty(len(database))
    yaw_rad[database.places.viewpoint_place] = database.places.viewpoint_yaw_rad
    return yaw_rad
