"""Trees, vehicles and people as triangles."""

from __future__ import annotations

import numpy as np

from geoloc_ros.core.classes import SemanticClass
from geoloc_ros.core.types import Bool, Float32, Float64
from geoloc_ros.sim.bare_trees import bare_branches
from geoloc_ros.sim.furniture import Trees, Vehicles
from geoloc_ros.sim.mesh import Material, Mesh, ball_triangles, box_triangles, join_meshes, mesh_of
from geoloc_ros.sim.terrain import Terrain

_BALL, _BOX = ball_triangles(), box_triangles()
_TRUNK = np.array([0.28, 0.22, 0.17], np.float32)
_GLASS = np.array([0.12, 0.15, 0.18], np.float32)
_TYRES = np.array([0.05, 0.05, 0.05], np.float32)


def tree_mesh(trees: Trees, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    """Trunks with lumpy crowns of the trees where `near` (T,)."""
    return join_meshes([_crowns(trees, near, terrain, centre_m), _trunks(trees, near, terrain, centre_m)])


def bare_tree_mesh(trees: Trees, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    """The same trees without leaves."""
    return join_meshes([bare_branches(trees, near, terrain, centre_m), _trunks(trees, near, terrain, centre_m)])


def _crowns(trees: Trees, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    position_m, height_m, crown_m = trees.position_m[near], trees.height_m[near], trees.crown_m[near]
    foot = np.column_stack([position_m - centre_m, terrain.height_m(position_m)])
    bottom_m = (0.35 * height_m).clip(2.7, 3.6)
    middle = foot + np.column_stack([np.zeros((len(foot), 2)), (bottom_m + height_m) / 2])
    radii = np.column_stack([crown_m, crown_m, (height_m - bottom_m) / 2])
    # Lumps that are the same every time: waves over the ball with a phase of the tree's own.
    phase = (position_m @ [1.7, 2.3])[:, None, None]
    lumps = 1.0 + 0.18 * np.sin(_BALL @ [5.0, 3.0, 4.0] + phase) * np.cos(_BALL @ [-3.0, 6.0, 2.0] + phase)
    crowns = middle[:, None, None] + radii[:, None, None] * _BALL * lumps[..., None]
    green = np.array([0.2, 0.33, 0.13]) + 0.08 * np.sin(position_m @ [[3.1, 1.2, 0.9], [0.7, 2.2, 0.4]])
    leaves = np.repeat(green, len(_BALL), axis=0).astype(np.float32)
    return mesh_of(crowns.reshape(-1, 3, 3), SemanticClass.VEGETATION, Material.LEAVES, leaves)


def _trunks(trees: Trees, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    position_m, height_m = trees.position_m[near], trees.height_m[near]
    foot = np.column_stack([position_m - centre_m, terrain.height_m(position_m)])
    bottom_m = (0.35 * height_m).clip(2.7, 3.6)
    trunks = foot[:, None, None] + _BOX * np.stack([0.16 + 0 * height_m, 0.16 + 0 * height_m, bottom_m + 0.8], 1)[
        :, None, None
    ]
    return mesh_of(trunks.reshape(-1, 3, 3), SemanticClass.VEGETATION, Material.PLAIN, _TRUNK)


def vehicle_mesh(vehicles: Vehicles, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    """Bodies, cabins and wheels of the vehicles where `near` (K,)."""
    pose, size_m = vehicles.pose[near], vehicles.size_m[near].astype(float)
    is_van = size_m[:, 2] > 1.8
    body_top = np.where(is_van, 0.95, 0.58)
    parts = [
        (_boxes(size_m, 0.0, 1.0, 0.96, 0.16, body_top), vehicles.colour[near], Material.PAINT),
        (_boxes(size_m, -0.06, np.where(is_van, 0.85, 0.56), 0.84, body_top, 0.96), _GLASS, Material.PLAIN),
        (_boxes(size_m, -0.06, np.where(is_van, 0.8, 0.44), 0.8, 0.96, 1.0), vehicles.colour[near], Material.PAINT),
        (_boxes(size_m, 0.62, 0.15, 1.0, 0.0, 0.4), _TYRES, Material.PLAIN),
        (_boxes(size_m, -0.62, 0.15, 1.0, 0.0, 0.4), _TYRES, Material.PLAIN),
    ]
    return join_meshes(
        [
            mesh_of(
                _placed(boxes, pose, terrain, centre_m), SemanticClass.VEHICLE, material,
                colour if colour.ndim == 1 else np.repeat(colour, len(_BOX), axis=0),
            )
            for boxes, colour, material in parts
        ]
    )


def people_mesh(people_m: Float64, near: Bool, terrain: Terrain, centre_m: Float64) -> Mesh:
    """Two boxes and a head for everybody where `near` (K,)."""
    position_m = people_m[near]
    yaw = position_m.sum(axis=1) % (2.0 * np.pi)
    pose = np.column_stack([position_m, yaw])
    size_m = np.tile([0.34, 0.5, 1.72], (len(pose), 1))
    cloth = (0.35 + 0.3 * np.sin(position_m @ [[9.1, 4.2, 6.9], [5.7, 8.2, 3.4]])).astype(np.float32)
    head = size_m * [0.6, 0.4, 1.0]
    parts: list[tuple[Float64, Float32]] = [
        (_boxes(size_m, 0.0, 0.8, 0.7, 0.0, 0.5), (0.6 * cloth).astype(np.float32)),
        (_boxes(size_m, 0.0, 1.0, 1.0, 0.48, 0.86), cloth),
        (_boxes(head, 0.0, 1.0, 1.0, 0.87, 1.0), np.full_like(cloth, 0.6)),
    ]
    return join_meshes(
        [
            mesh_of(
                _placed(boxes, pose, terrain, centre_m), SemanticClass.PERSON, Material.PLAIN,
                np.repeat(colour, len(_BOX), axis=0),
            )
            for boxes, colour in parts
        ]
    )


def _boxes(
    size_m: Float64, ahead: float, length: float | Float64, width: float, low: float | Float64, high: float | Float64
) -> Float64:
    """One box (K, 12, 3, 3) in each of the sizes (K, 3); all but the size as shares of it, `ahead` of half of it."""
    length, low, high = (np.broadcast_to(value, len(size_m)) for value in (length, low, high))
    half = np.stack([length * size_m[:, 0] / 2, width * size_m[:, 1] / 2, (high - low) * size_m[:, 2]], axis=1)
    shift = np.stack([ahead * size_m[:, 0] / 2, np.zeros(len(size_m)), low * size_m[:, 2]], axis=1)
    return np.asarray(_BOX * half[:, None, None] + shift[:, None, None])


def _placed(boxes: Float64, pose: Float64, terrain: Terrain, centre_m: Float64) -> Float64:
    """Triangles (K * 12, 3, 3) of boxes (K, 12, 3, 3) put down at poses (K, 3), leaning with the ground."""
    cos, sin = np.cos(pose[:, 2])[:, None, None], np.sin(pose[:, 2])[:, None, None]
    x = cos * boxes[..., 0] - sin * boxes[..., 1]
    y = sin * boxes[..., 0] + cos * boxes[..., 1]
    slope = terrain.slope(pose[:, :2])[:, None, None]
    z = boxes[..., 2] + terrain.height_m(pose[:, :2])[:, None, None] + slope[..., 0] * x + slope[..., 1] * y
    place = (pose[:, :2] - centre_m)[:, None, None]
    return np.stack([x + place[..., 0], y + place[..., 1], z], axis=-1).reshape(-1, 3, 3)
