"""A scene in any of the layouts that are known, found out by what lies there."""

from __future__ import annotations

import logging
from pathlib import Path

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback, no_progress
from geoloc_ros.datasets.scenes.cambridge import is_cambridge, load_cambridge
from geoloc_ros.datasets.scenes.colmap import is_colmap, load_colmap
from geoloc_ros.datasets.scenes.driven import is_driven, load_driven
from geoloc_ros.datasets.scenes.layout import SceneLayout
from geoloc_ros.datasets.scenes.seven_scenes import is_seven_scenes, load_seven_scenes
from geoloc_ros.datasets.scenes.simulated import is_simulated, load_simulated
from geoloc_ros.datasets.scenes.tum_rgbd import is_tum_rgbd, load_tum_rgbd

logger = logging.getLogger(__name__)

LAYOUTS = (
    SceneLayout("simulated", "a simulated scene", "scene.json", is_simulated, load_simulated),
    SceneLayout("driven", "a scene of a drive", "drive.json", is_driven, load_driven),
    SceneLayout("7scenes", "7-Scenes", "seq-01/frame-000000.pose.txt", is_seven_scenes, load_seven_scenes),
    SceneLayout("cambridge", "Cambridge Landmarks", "dataset_train.txt", is_cambridge, load_cambridge),
    SceneLayout("tum", "TUM RGB-D", "rgb.txt and groundtruth.txt", is_tum_rgbd, load_tum_rgbd),
    SceneLayout("colmap", "a COLMAP model", "[sparse/[0/]]images.bin or .txt", is_colmap, load_colmap),
)
"""The more particular before the more general."""


def open_scene(source: str | Path, progress: ProgressCallback = no_progress) -> PosedScene:
    """The images of a scene with their cameras and poses, and its surface where one lies beside.

    Args:
        source: A folder.
        progress: Told about images and poses.

    Raises:
        DatasetError: If nothing is there, no layout fits, or not a single image can be used.
    """
    folder = Path(source)
    layout = find_layout(folder)
    scene = layout.load(folder, progress)
    logger.info(
        "%s: %s, %d images to learn from, %d to test with, surface %s, %d problems", folder, layout.description,
        len(scene.train), len(scene.test), "given" if scene.surface else "not given", len(scene.problems),
    )
    return scene


def find_layout(folder: Path) -> SceneLayout:
    """How a scene lies in its folder.

    Raises:
        DatasetError: If there is no such folder, or it is none of the layouts.
    """
    if not folder.is_dir():
        raise DatasetError(f"no scene '{folder}': there is no such folder")
    for layout in LAYOUTS:
        if layout.is_it(folder):
            return layout
    signs = "; ".join(f"{layout.description}: {layout.sign}" for layout in LAYOUTS)
    raise DatasetError(f"'{folder}' is no scene that is known; looked for {signs}")
