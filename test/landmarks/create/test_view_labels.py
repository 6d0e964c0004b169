from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.landmarks import Landmarks
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Pose3
from geoloc_ros.landmarks.create.patches import Patches, over_segment
from geoloc_ros.landmarks.create.view_labels import LabelRenderer

# Focal length of 100: one metre aside at one metre is 100 pixels.
CAMERA = Camera("pinhole", 200, 100, 100.0, 100.0, 100.0, 50.0)
HERE = Pose3(np.eye(3), np.zeros(3))


def wall(depth_m: float, left: float, top: float, right: float, bottom: float) -> Float64:
    """Two triangles square to the optical axis, counter-clockwise as the camera at the origin sees them."""
    a, b, c, d = ([x, y, depth_m] for x, y in ((left, top), (left, bottom), (right, bottom), (right, top)))
    return np.array([[a, b, c], [a, c, d]])


def patches_of(*parts: Float64, patch_m: float = 0.3) -> Patches:
    """One patch per part (K, 3, 3), whose landmark is its mean."""
    corners = np.concatenate(parts)
    surface = Surface(
        corners.reshape(-1, 3).astype(np.float32), np.zeros((3 * len(corners), 3), np.float32),
        np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3),
    )
    label = np.repeat(np.arange(1, len(parts) + 1), [len(part) for part in parts]).astype(np.int32)
    position_m = np.array([part.mean(axis=(0, 1)) for part in parts])
    landmarks = Landmarks(position_m, np.zeros(position_m.shape, np.float32), patch_m)
    return Patches(surface, label, np.ones(len(parts)), landmarks)


def test_a_wall_in_front_hides_the_one_behind() -> None:
    near, far = wall(2.0, -0.5, -0.5, 0.5, 0.5), wall(4.0, -10.0, -10.0, 10.0, 10.0)
    for parts, front in (((near, far), 1), ((far, near), 2)):
        view = LabelRenderer(patches_of(*parts)).render(CAMERA, HERE)
        # 0.5 m at 2 m is 25 pixels to either side of the middle.
        is_near = np.zeros((100, 200), bool)
        is_near[25:75, 75:125] = True
        assert np.array_equal(view.landmark == front, is_near)
        np.testing.assert_allclose(view.depth_m, np.where(is_near, 2.0, 4.0), rtol=1e-6)


@pytest.mark.parametrize(("edge_m", "first"), [(0.004, 100), (0.006, 101), (0.014, 101), (0.016, 102)])
def test_a_pixel_is_what_lies_at_its_centre(edge_m: float, first: int) -> None:
    # At 1 m pixel 100 is centred at 0.005 m.
    view = LabelRenderer(patches_of(wall(1.0, -5.0, -5.0, edge_m, 5.0), wall(1.0, edge_m, -5.0, 5.0, 5.0)))
    landmark = view.render(CAMERA, HERE).landmark
    assert (landmark[:, :first] == 1).all()
    assert (landmark[:, first:] == 2).all()


def test_depth_of_a_slanted_plane_is_that_of_its_rays() -> None:
    # z = 2 + x: the ray through x = z u meets it at z = 2 / (1 - u).
    corners = np.array([[[-1.5, -9.0, 0.5], [-1.5, 9.0, 0.5], [7.0, 9.0, 9.0]],
                        [[-1.5, -9.0, 0.5], [7.0, 9.0, 9.0], [7.0, -9.0, 9.0]]])  # fmt: skip
    camera = Camera("pinhole", 100, 100, 100.0, 100.0, 50.0, 50.0)
    view = LabelRenderer(patches_of(corners)).render(camera, HERE)
    expected = 2.0 / (1.0 - camera.rays()[..., 0])
    np.testing.assert_allclose(view.depth_m, expected, rtol=1e-5)
    assert (view.landmark == 1).all()


def test_a_surface_that_passes_the_camera_is_cut_not_lost() -> None:
    # A floor 1 m below, from 100 m behind to 100 m ahead, as two triangles: all below the horizon shows it. Its
    # landmark lies ahead.
    a, b, c, d = [-100.0, 1.0, -100.0], [-100.0, 1.0, 101.0], [100.0, 1.0, 101.0], [100.0, 1.0, -100.0]
    floor = np.array([[a, c, b], [a, d, c]])
    ahead = patches_of(floor)
    ahead.landmarks.position_m[:] = [0.0, 1.0, 5.0]
    view = LabelRenderer(ahead).render(CAMERA, HERE)
    down = CAMERA.rays()[..., 1]
    assert (view.landmark[down > 0.011] == 1).all()
    assert (view.landmark[down < 0.0] == 0).all()
    np.testing.assert_allclose(view.depth_m[down > 0.011], 1.0 / down[down > 0.011], rtol=1e-4)


def test_a_patch_whose_landmark_is_behind_the_camera_is_none() -> None:
    patches = patches_of(wall(2.0, -5.0, -5.0, 5.0, 5.0))
    patches.landmarks.position_m[:] = [0.0, 0.0, -1.0]
    view = LabelRenderer(patches).render(CAMERA, HERE)
    assert (view.landmark == 0).all()
    assert (view.depth_m == 2.0).all()


def test_a_wall_seen_from_behind_hides_and_is_none() -> None:
    back = wall(2.0, -0.5, -0.5, 0.5, 0.5)[:, ::-1]
    view = LabelRenderer(patches_of(back, wall(4.0, -10.0, -10.0, 10.0, 10.0))).render(CAMERA, HERE)
    assert (view.landmark[25:75, 75:125] == 0).all()
    np.testing.assert_allclose(view.depth_m[25:75, 75:125], 2.0, rtol=1e-3)
    assert (view.landmark[:25] == 2).all()


def test_of_a_thin_sheet_the_side_that_faces_the_camera_is_seen() -> None:
    front = wall(2.0, -5.0, -5.0, 5.0, 5.0)
    for parts, label in (((front, front[:, ::-1]), 1), ((front[:, ::-1], front), 2)):
        assert (LabelRenderer(patches_of(*parts)).render(CAMERA, HERE).landmark == label).all()


def test_a_camera_turned_to_the_right_sees_what_is_there() -> None:
    # Of two walls 2 m ahead and 2 m to the right, the one ahead is seen before and the other one after the turn.
    ahead = wall(2.0, -1.5, -1.5, 1.5, 1.5)
    turned = rotation_from_rpy(0.0, np.pi / 2, 0.0)  # about y, which points down: z goes to x
    right = ahead @ turned.T
    renderer = LabelRenderer(patches_of(ahead, right))
    assert renderer.render(CAMERA, HERE).landmark[50, 100] == 1
    assert renderer.render(CAMERA, Pose3(turned, np.zeros(3))).landmark[50, 100] == 2
    assert np.array_equal(
        renderer.render(CAMERA, HERE).landmark == 1, renderer.render(CAMERA, Pose3(turned, np.zeros(3))).landmark == 2
    )


def test_what_is_measured_nearer_or_further_is_not_the_surface() -> None:
    renderer = LabelRenderer(patches_of(wall(2.0, -5.0, -5.0, 5.0, 5.0), patch_m=0.3))
    # A third of a patch: 0.1 m.
    measured = np.full((100, 200), 2.0, np.float32)
    measured[0], measured[1], measured[2], measured[3], measured[4], measured[5] = 1.85, 1.95, 2.15, 2.05, 0.0, np.nan
    view = renderer.render(CAMERA, HERE, measured)
    assert view.landmark[:6, 0].tolist() == [0, 1, 0, 1, 1, 1]
    assert (view.landmark[6:] == 1).all()
    assert (view.depth_m == 2.0).all()


def box() -> Patches:
    """The inside of a cube of 4 m around the origin, one patch a side."""
    front = wall(2.0, -2.0, -2.0, 2.0, 2.0)
    turns = [(0, 0), (np.pi / 2, 0), (np.pi, 0), (-np.pi / 2, 0), (0, np.pi / 2), (0, -np.pi / 2)]
    return patches_of(*(front @ rotation_from_rpy(roll, pitch, 0.0).T for pitch, roll in turns))


BENT = Camera("pinhole", 160, 120, 100.0, 101.0, 81.0, 58.0, (-0.3, 0.08, 0.002, -0.001, 0.01))
ROUND = Camera.fisheye(160, 160, np.radians(190.0), (0.02, -0.01, 0.003, 0.0))
PANORAMA = Camera.equirectangular(180, 90)


@pytest.mark.parametrize("camera", [BENT, ROUND, PANORAMA], ids=["bent", "fisheye", "panorama"])
def test_any_camera_sees_the_box_along_its_rays(camera: Camera) -> None:
    inside = Pose3(rotation_from_rpy(0.4, -0.2, 1.1), np.array([0.3, -0.5, 0.2]))
    patches = box()
    view = LabelRenderer(patches).render(camera, inside)
    rays = camera.rays().astype(np.float64) @ inside.rotation.T
    with np.errstate(divide="ignore"):
        reach = np.where(rays > 0.0, 2.0 - inside.translation_m, -2.0 - inside.translation_m) / rays
    first = np.argmin(np.nan_to_num(reach, nan=np.inf), axis=2)
    depth_m = np.take_along_axis(reach, first[..., None], axis=2)[..., 0]
    is_seen = ~np.isnan(rays[..., 0])
    if camera.model == "pinhole":
        assert is_seen.all()
    assert np.isnan(view.depth_m[~is_seen]).all()
    assert (view.landmark[~is_seen] == 0).all()
    # The nearest pixel of a finer picture: within a quarter of a pixel.
    off = np.abs(view.depth_m - depth_m)[is_seen] / depth_m[is_seen]
    assert np.quantile(off, 0.98) < 0.01
    mean = patches.landmarks.position_m[np.maximum(view.landmark, 1) - 1]
    axis = np.argmax(np.abs(mean), axis=2)
    labelled = view.landmark > 0
    assert (axis == first)[labelled].mean() > 0.98


def test_a_cloud_of_points_hides_as_a_surface_does() -> None:
    steps = np.arange(-3.0, 3.0, 0.02)
    x, y = np.meshgrid(steps, steps)
    points = [np.stack([x.ravel(), y.ravel(), np.full(x.size, z)], axis=1) for z in (2.0, 3.0)]
    points[0] = points[0][np.abs(points[0]).max(axis=1, where=[True, True, False], initial=0.0) < 0.5]
    vertices_m = np.concatenate(points).astype(np.float32)
    cloud = Surface(vertices_m, np.tile(np.float32([0, 0, -1]), (len(vertices_m), 1)), np.zeros((0, 3), np.int32))
    patches = over_segment(cloud, 0.3)
    view = LabelRenderer(patches).render(CAMERA, HERE)
    assert not np.isnan(view.depth_m).any()
    np.testing.assert_allclose(view.depth_m[30:70, 80:120], 2.0, rtol=1e-5)
    assert (view.depth_m[:, :70] > 2.9).all()
    near = patches.landmarks.position_m[:, 2] < 2.5
    assert near[view.landmark[30:70, 80:120] - 1].all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_triangles_are_seen_as_a_ray_tracer_sees_them(seed: int) -> None:
    embree = pytest.importorskip("embreex.rtcore_scene", reason="no embreex")
    mesh_construction = pytest.importorskip("embreex.mesh_construction")
    rng = np.random.default_rng(seed)
    corners = (rng.normal(0.0, 3.0, (300, 1, 3)) + rng.normal(0.0, 0.7, (300, 3, 3))).astype(np.float32)
    scene = embree.EmbreeScene()
    mesh_construction.TriangleMesh(scene, corners)
    rotation = rotation_from_rpy(*rng.uniform(-3.0, 3.0, 3))
    pose = Pose3(rotation, rng.normal(0.0, 1.0, 3))
    patches = patches_of(*corners[:, None].astype(np.float64), patch_m=0.02)
    view = LabelRenderer(patches).render(CAMERA, pose)
    rays = (CAMERA.rays().reshape(-1, 3) @ rotation.T).astype(np.float32)
    start = np.broadcast_to(pose.translation_m.astype(np.float32), rays.shape)
    result = scene.run(start, rays, query="INTERSECT", output=True)
    hit = result["primID"].reshape(100, 200)
    depth_m = np.where(hit >= 0, result["tfar"].reshape(100, 200), np.nan)
    # What is nearer than the near plane, and pixels that an edge passes through, may differ.
    same = np.isclose(view.depth_m, depth_m, rtol=2e-3, equal_nan=True) | (depth_m < 1e-3)
    assert same.mean() > 0.999
    labelled = view.landmark > 0
    assert (view.landmark == hit + 1)[labelled].mean() > 0.998 if labelled.any() else True
    a, b, c = corners.transpose(1, 0, 2).astype(np.float64)
    faces = np.einsum("ij,ij->i", np.cross(b - a, c - a), pose.translation_m - a) > 0.0
    ahead = pose.inverse().apply(patches.landmarks.position_m)[:, 2] > 1e-3
    expected = (hit >= 0) & faces[hit] & ahead[hit]
    assert (labelled == expected)[same].mean() > 0.998
