"""Scenes as COLMAP reconstructs them: a model, binary or text, with the images in `images/`.

The model lies in the folder itself, in `sparse/` or in `sparse/0/`; poses are camera from scene. `test.txt` may name
images, one a line, that are kept apart. The scale of a reconstruction from images alone is arbitrary: align it first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.posed_images import PosedScene
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.surface import Surface
from geoloc_ros.datasets.scenes.checked_pose import pose_from_quaternion
from geoloc_ros.datasets.scenes.colmap_binary import read_binary_cameras, read_binary_images, read_binary_points
from geoloc_ros.datasets.scenes.colmap_model import ColmapCameras, ColmapImage, find_model
from geoloc_ros.datasets.scenes.colmap_text import read_text_cameras, read_text_images, read_text_points
from geoloc_ros.datasets.scenes.oriented import cloud_surface
from geoloc_ros.datasets.scenes.surface_file import surface_beside
from geoloc_ros.datasets.scenes.views import Views

_SAID_EVERY = 100
_FEWEST_POINTS = 100


def is_colmap(folder: Path) -> bool:
    """By the tables of cameras and images."""
    return find_model(folder) is not None


def load_colmap(folder: Path, progress: ProgressCallback) -> PosedScene:
    """All images of a model.

    Raises:
        DatasetError: If the model cannot be read, or no image can be used.
    """
    cameras, images = read_model(folder)
    root = folder / "images" if (folder / "images").is_dir() else folder
    views = Views(root)
    for number, image in enumerate(images):
        if number % _SAID_EVERY == 0:
            progress("reading images", number / len(images))
        if image.camera in cameras.complaint:
            views.complain(image.name, cameras.complaint[image.camera])
            continue
        try:
            camera_from_scene = pose_from_quaternion(image.camera_from_scene_wxyz, image.camera_from_scene_m)
        except ValueError as error:
            views.complain(image.name, str(error))
            continue
        views.add(image.name, cameras.camera.get(image.camera), camera_from_scene.inverse())
    progress("reading images", 1.0)
    surface = surface_beside(folder, views.positions_m()) or _sparse_surface(folder, views)
    return views.scene(folder.name, views.listed_tests(folder), surface)


def read_model(folder: Path) -> tuple[ColmapCameras, list[ColmapImage]]:
    """Cameras and images, ordered by name.

    Raises:
        DatasetError: If there is no model, or it cannot be read.
    """
    found = find_model(folder)
    if found is None:
        raise DatasetError(f"'{folder}' holds no COLMAP model: no cameras.bin and images.bin, nor .txt")
    model, suffix = found
    if suffix == ".bin":
        cameras, images = read_binary_cameras(model / "cameras.bin"), read_binary_images(model / "images.bin")
    else:
        cameras, images = read_text_cameras(model / "cameras.txt"), read_text_images(model / "images.txt")
    return cameras, sorted(images, key=lambda image: image.name)


def _sparse_surface(folder: Path, views: Views) -> Surface | None:
    """The points of the reconstruction itself, where nobody gave more; None without a camera that saw them."""
    found = find_model(folder)
    if found is None or not len(views):
        return None
    file = found[0] / f"points3D{found[1]}"
    if not file.is_file():
        return None
    points_m = read_binary_points(file) if found[1] == ".bin" else read_text_points(file)
    points_m = points_m[np.isfinite(points_m).all(axis=1)]
    if len(points_m) < _FEWEST_POINTS:
        return None
    views.complain(
        file.name,
        f"its {len(points_m)} points are taken as the surface, which they cover poorly; put a dense cloud or a mesh "
        "beside (fused.ply of COLMAP's dense reconstruction)",
    )
    return cloud_surface(points_m, None, views.positions_m())

