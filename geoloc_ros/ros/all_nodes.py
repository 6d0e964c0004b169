"""The three nodes in one process.

Images go to perception only, so nothing large is handed from node to node. Who listens is started first.
"""

import sys

from geoloc_ros.ros.localizer import LocalizerNode
from geoloc_ros.ros.map_server import MapServerNode
from geoloc_ros.ros.perception import PerceptionNode
from geoloc_ros.ros.process import run_nodes


def main() -> int:
    """Run until told to stop."""
    return run_nodes(MapServerNode, LocalizerNode, PerceptionNode)


if __name__ == "__main__":
    sys.exit(main())
