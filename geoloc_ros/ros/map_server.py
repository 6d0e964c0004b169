"""The map server node: shows the map of an index to everybody, and makes indexes of map files and of photos."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from rclpy.action.server import ActionServer, CancelResponse, GoalResponse, ServerGoalHandle
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from geoloc_ros.action import IndexMap
from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import GeolocError
from geoloc_ros.core.node_config import MapServerNodeConfig
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.msg import MapInfo
from geoloc_ros.ros.drawing import to_map_info, to_map_markers
from geoloc_ros.ros.indexing import IndexingJob, IndexingWork, work_on_map, work_on_photos
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.process import run_nodes
from geoloc_ros.ros.qos import LATCHED_QOS
from geoloc_ros.srv import LoadMap


class MapServerNode(StagedNode[MapServerNodeConfig]):
    """Without an index it only makes them."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("map_server", MapServerNodeConfig, **node_arguments)
        self._index: PlaceIndex | None = None
        self._job: IndexingJob | None = None

    def set_up(self) -> None:
        """Load the index, if there is one."""
        self._index = PlaceIndex.load(Path(self.config.index_path)) if self.config.index_path else None
        self._markers = self.publisher(MarkerArray, "map/markers", LATCHED_QOS)
        self._info = self.publisher(MapInfo, "map/info", LATCHED_QOS)

    def start(self) -> None:
        """Show the map and offer the services."""
        self._show()
        self._is_indexing = False
        # Under its own name, as Nav2's map server has it: the localizer beside it offers the same.
        self.service(LoadMap, "~/load_map", self._on_load_map)
        for name, work in (("index_map", work_on_map), ("index_photos", work_on_photos)):
            server = ActionServer(
                self, IndexMap, name, partial(self._on_index, work), goal_callback=self._on_goal,
                cancel_callback=lambda _: CancelResponse.ACCEPT,
            )
            self.activated.callback(server.destroy)
        self.activated.callback(self._abandon)

    def diagnostic_values(self) -> dict[str, Any]:
        """What users want to know, once configured."""
        if self._index is None:
            return {"index id": "none"}
        source = self._index.geomap.source
        return {"index id": self._index.index_id, "map": source.name, "map date": source.date}

    def _show(self) -> None:
        if self._index is None:
            return
        index = self._index
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self.config.map_frame)
        num_places = len(index.places.position_m)
        self._info.publish(to_map_info(index.geomap, index.index_id, index.encoder_id, num_places, header))
        self._markers.publish(to_map_markers(index.geomap, header))

    def _on_load_map(self, request: LoadMap.Request, response: LoadMap.Response) -> LoadMap.Response:
        try:
            self._index = PlaceIndex.load(Path(request.path))
        except GeolocError as error:
            response.success, response.message = False, str(error)
            return response
        self._show()
        response.success, response.message, response.index_id = True, "loaded", self._index.index_id
        return response

    # ---- the actions index_map and index_photos

    def _on_goal(self, goal: IndexMap.Goal) -> GoalResponse:
        if self._is_indexing:
            self.get_logger().warning(f"refused to index '{goal.map_path}': something else is being indexed")
            return GoalResponse.REJECT
        # From here on, not from when its work begins: the next request may come before that.
        self._is_indexing = True
        return GoalResponse.ACCEPT

    async def _on_index(
        self, work: IndexingWork, goal_handle: ServerGoalHandle[Any, Any, Any]
    ) -> IndexMap.Result:
        config = Config(
            map=self.config.map, scan=self.config.scan, descriptor=self.config.descriptor, index=self.config.index,
            photo=self.config.photo, search=self.config.search,
        )
        self._job = IndexingJob(work, goal_handle, config, self.executor)
        try:
            outcome: IndexMap.Result = await self._job.result
        finally:
            self._job, self._is_indexing = None, False
        if outcome.success:
            goal_handle.succeed()
        elif goal_handle.is_cancel_requested:
            goal_handle.canceled()
        else:
            goal_handle.abort()
        return outcome

    def _abandon(self) -> None:
        if self._job is not None:
            self._job.abandon()


def main() -> int:
    """Run the node until told to stop."""
    return run_nodes(MapServerNode)


if __name__ == "__main__":
    sys.exit(main())
