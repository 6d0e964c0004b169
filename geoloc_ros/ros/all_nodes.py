"""The nodes in one process: three of them, and more where the command line says `--photos` or `--landmarks`.

Images come from outside, so nothing large is handed from node to node. Who listens is started first.
"""

import sys
from collections.abc import Callable
from typing import Any

from geoloc_ros.ros.landmarks import LandmarksNode
from geoloc_ros.ros.lifecycle import StagedNode
from geoloc_ros.ros.localizer import LocalizerNode
from geoloc_ros.ros.map_server import MapServerNode
from geoloc_ros.ros.node_words import LANDMARKS_WORD, PHOTOS_WORD
from geoloc_ros.ros.perception import PerceptionNode
from geoloc_ros.ros.place_recognition import PlaceRecognitionNode
from geoloc_ros.ros.process import run_nodes


def main() -> int:
    """Run until told to stop."""
    others: dict[str, Callable[[], StagedNode[Any]]] = {
        PHOTOS_WORD: PlaceRecognitionNode, LANDMARKS_WORD: LandmarksNode
    }
    asked = [node for word, node in others.items() if word in sys.argv[1:]]
    return run_nodes(MapServerNode, LocalizerNode, *asked, PerceptionNode)


if __name__ == "__main__":
    sys.exit(main())
