"""The nodes in one process: three of them, and place recognition where the command line says `--photos`.

Images go to perception and place recognition only, so nothing large is handed from node to node. Who listens is started
first.
"""

import sys

from geoloc_ros.ros.localizer import LocalizerNode
from geoloc_ros.ros.map_server import MapServerNode
from geoloc_ros.ros.perception import PerceptionNode
from geoloc_ros.ros.photos_word import PHOTOS_WORD
from geoloc_ros.ros.place_recognition import PlaceRecognitionNode
from geoloc_ros.ros.process import run_nodes


def main() -> int:
    """Run until told to stop."""
    if PHOTOS_WORD in sys.argv[1:]:
        return run_nodes(MapServerNode, LocalizerNode, PlaceRecognitionNode, PerceptionNode)
    return run_nodes(MapServerNode, LocalizerNode, PerceptionNode)


if __name__ == "__main__":
    sys.exit(main())
