from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.geometry import rotation_from_rpy
from geoloc_ros.core.landmarks import NO_LANDMARK
from geoloc_ros.core.surface import Surface
from geoloc_ros.core.types import Float64, Int64
from geoloc_ros.landmarks.create.elements import Elements, point_elements, triangle_elements
from geoloc_ros.landmarks.create.patches import Patches, over_segment

UP = np.array([0.0, 0.0, 1.0])


def sheet(corner: Float64, right: Float64, up: Float64) -> Surface:
    """A parallelogram of two triangles, seen from the side of right x up."""
    vertices_m = np.array([corner, corner + right, corner + right + up, corner + up], np.float32)
    normal = np.cross(right, up) / np.linalg.norm(np.cross(right, up))
    return Surface(
        vertices_m, np.tile(normal, (4, 1)).astype(np.float32), np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    )


def square(side_m: float, height_m: float = 0.0) -> Surface:
    return sheet(np.array([0.0, 0.0, height_m]), np.array([side_m, 0.0, 0.0]), np.array([0.0, side_m, 0.0]))


def joined(*surfaces: Surface) -> Surface:
    starts = np.cumsum([0] + [len(surface.vertices_m) for surface in surfaces])[:-1]
    triangles = [surface.triangles + start for surface, start in zip(surfaces, starts, strict=True)]
    return Surface(
        np.concatenate([surface.vertices_m for surface in surfaces]),
        np.concatenate([surface.normal for surface in surfaces]),
        np.concatenate(triangles).astype(np.int32),
    )


def grid_cloud(side_m: float, spacing_m: float, height_m: float = 0.0, up: float = 1.0) -> Surface:
    steps = np.arange(spacing_m / 2, side_m, spacing_m)
    x, y = np.meshgrid(steps, steps)
    points_m = np.stack([x.ravel(), y.ravel(), np.full(x.size, height_m)], axis=1).astype(np.float32)
    return Surface(points_m, np.tile(np.float32([0, 0, up]), (x.size, 1)), np.zeros((0, 3), np.int32))


def rooms_inside() -> Surface:
    """A box of 2 x 3 x 2 m seen from within."""
    x, y, z = np.diag([2.0, 3.0, 2.0])
    o = np.zeros(3)
    return joined(sheet(o, x, y), sheet(z, y, x), sheet(o, z, x), sheet(y, x, z), sheet(o, y, z), sheet(x, z, y))


def elements_of(patches: Patches) -> Elements:
    if len(patches.surface.triangles):
        return triangle_elements(patches.surface, patches.landmarks.patch_m)
    return point_elements(patches.surface)


def pieces(patches: Patches) -> Int64:
    """How many connected pieces each patch has."""
    elements, seen = elements_of(patches), np.zeros(len(patches.patch), bool)
    count = np.zeros(len(patches) + 1, np.int64)
    for start in range(len(seen)):
        if seen[start]:
            continue
        count[patches.patch[start]] += 1
        stack = [start]
        seen[start] = True
        while stack:
            here = stack.pop()
            for there in elements.neighbour[elements.offset[here] : elements.offset[here + 1]]:
                if not seen[there] and patches.patch[there] == patches.patch[here]:
                    seen[there] = True
                    stack.append(int(there))
    return count[1:]


@settings(max_examples=25, deadline=None)
@given(side_m=st.floats(1.0, 3.0), patch_m=st.floats(0.2, 0.4), yaw=st.floats(-3.0, 3.0), pitch=st.floats(-1.5, 1.5))
def test_a_square_has_as_many_patches_as_fit_into_it(side_m: float, patch_m: float, yaw: float, pitch: float) -> None:
    turned = rotation_from_rpy(0.3, pitch, yaw)
    patches = over_segment(sheet(np.array([3.0, -2.0, 1.0]), side_m * turned[0], side_m * turned[1]), patch_m)
    assert patches.patch.min() >= 1
    assert patches.area_m2.sum() == pytest.approx(side_m**2, rel=1e-4)
    # A side of two and a half patches may hold three.
    assert 0.75 * (side_m / patch_m) ** 2 < len(patches) < 1.1 * (side_m / patch_m + 1.0) ** 2
    assert patches.area_m2.min() > 0.25 * patch_m**2
    assert patches.area_m2.max() < 2.0 * patch_m**2
    assert patches.area_m2.std() < 0.4 * patches.area_m2.mean()
    assert (pieces(patches) == 1).all()


def test_a_wall_of_two_triangles_is_cut_into_pieces_of_one_size() -> None:
    patches = over_segment(square(3.0), 0.5)
    assert 34 <= len(patches) <= 38
    np.testing.assert_allclose(patches.area_m2, 0.25, rtol=0.35)
    np.testing.assert_allclose(patches.landmarks.normal, np.tile(UP, (len(patches), 1)), atol=1e-6)
    np.testing.assert_allclose(patches.landmarks.position_m[:, 2], 0.0, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(apart_m=st.floats(0.005, 0.3), is_cloud=st.booleans(), faces_away=st.booleans())
def test_parallel_sheets_share_no_patch(apart_m: float, is_cloud: bool, faces_away: bool) -> None:
    if is_cloud:
        # Points know that sheets are two if these are further apart than the points, or look to different sides.
        apart_m = apart_m if faces_away else apart_m + 0.2
        low = grid_cloud(1.0, 0.03, up=-1.0 if faces_away else 1.0)
        surface = joined(low, grid_cloud(1.0, 0.03, apart_m))
    else:
        surface = joined(square(1.0), square(1.0, apart_m))
    patches = over_segment(surface, 0.3)
    height_m = patches.surface.vertices_m[:, 2]
    if not is_cloud:
        height_m = height_m[patches.surface.triangles].mean(axis=1)
    is_high = height_m > 0.5 * apart_m
    assert not set(patches.patch[is_high]) & set(patches.patch[~is_high])


def test_patches_end_where_walls_meet() -> None:
    patches = over_segment(rooms_inside(), 0.3)
    elements = elements_of(patches)
    assert (np.abs(patches.landmarks.normal).max(axis=1) > 0.999).all()
    alike = np.einsum("ij,ij->i", elements.normal, patches.landmarks.normal[patches.patch - 1])
    assert alike.min() > 0.999


def test_a_narrow_flange_has_patches_of_its_own() -> None:
    # 0.1 m wide, square to a wall: nearer to the seeds of the wall than many a piece of the wall is.
    x, y = np.array([1.5, 0.0, 0.0]), np.array([0.0, 1.5, 0.0])
    patches = over_segment(joined(sheet(np.zeros(3), x, y), sheet(np.zeros(3), x, -0.1 * UP)), 0.3)
    assert (np.abs(patches.landmarks.normal).max(axis=1) > 0.999).all()
    assert (patches.patch != NO_LANDMARK).all()


def test_patches_prefer_to_end_where_a_surface_bends() -> None:
    # A roof of two sides at 50 degrees, which one patch may have in common; the ridge is off the grid of seeds.
    x, down, slope = np.array([3.0, 0.0, 0.0]), np.array([0.0, 1.14, 0.0]), np.radians(50.0)
    other = 1.3 * np.array([0.0, -np.cos(slope), -np.sin(slope)])
    patches = over_segment(joined(sheet(np.zeros(3), x, down), sheet(np.zeros(3), -other, x)), 0.3)
    bent = np.einsum("ij,ij->i", elements_of(patches).normal, patches.landmarks.normal[patches.patch - 1])
    assert (bent < np.cos(np.radians(10.0))).mean() < 0.03


def test_the_end_of_a_tab_is_no_patch_of_its_own() -> None:
    x, y = np.array([0.5, 0.0, 0.0]), np.array([0.0, 0.5, 0.0])
    tab = sheet(np.array([0.15, 0.5, 0.0]), 0.3 * x, 1.1 * y)
    patches = over_segment(joined(sheet(np.zeros(3), x, y), tab), 0.5)
    assert (patches.patch != NO_LANDMARK).all()
    assert patches.area_m2.min() >= 0.3 * 0.25


def test_patches_of_a_wall_go_on_where_its_tiles_are_of_different_sizes() -> None:
    # One tile of 1 m beside two of 0.5 m: no edge is the same, and the seam lies in the middle of patches.
    x, y = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    wall = joined(sheet(-x, x, y), sheet(np.zeros(3), x / 2, y / 2), sheet(y / 2, x / 2, y / 2))
    patches = over_segment(wall, 0.6)
    elements = elements_of(patches)
    left = set(patches.patch[elements.position_m[:, 0] < 0.0])
    right = set(patches.patch[elements.position_m[:, 0] > 0.0])
    assert left & right


def test_slivers_join_the_patch_beside_them_and_crumbs_are_dropped() -> None:
    # 1.05 m is two patches of half a metre and a strip; the far square is smaller than a landmark can be seen.
    crumb = sheet(np.array([5.0, 0.0, 0.0]), np.array([0.05, 0.0, 0.0]), np.array([0.0, 0.05, 0.0]))
    patches = over_segment(joined(square(1.05), crumb), 0.5)
    assert len(patches) == 4
    is_crumb = elements_of(patches).position_m[:, 0] > 4.0
    assert (patches.patch[is_crumb] == NO_LANDMARK).all()
    assert (patches.patch[~is_crumb] != NO_LANDMARK).all()


def test_landmarks_lie_on_the_surface() -> None:
    angle = np.linspace(0.0, np.pi, 60)
    points = np.stack([np.cos(angle), np.sin(angle), np.zeros(60)], axis=1)
    vertices_m = np.concatenate([points, points + UP]).astype(np.float32)
    low = np.arange(59)
    triangles = np.concatenate([np.stack([low, low + 1, low + 61], 1), np.stack([low, low + 61, low + 60], 1)])
    patches = over_segment(Surface(vertices_m, vertices_m, triangles.astype(np.int32)), 0.4)
    radius = np.linalg.norm(patches.landmarks.position_m[:, :2], axis=1)
    # On one of 59 chords of a half circle of 1 m; the mean of a patch of 0.4 m would lie 7 mm further inside.
    assert radius.min() > np.cos(0.5 * np.pi / 59) - 1e-6
    assert radius.max() < 1.0 + 1e-6


@pytest.mark.parametrize("spacing_m", [0.01, 0.05])
def test_a_cloud_has_as_many_patches_as_the_sheet_it_was_taken_of(spacing_m: float) -> None:
    patches = over_segment(grid_cloud(1.5, spacing_m), 0.3)
    assert 0.7 < len(patches) / 25.0 < 1.6
    assert patches.area_m2.sum() == pytest.approx(2.25, rel=0.1)
    assert (pieces(patches) == 1).all()
    assert len(patches.patch) < 25 * 60  # thinned


def test_the_same_surface_gives_the_same_patches() -> None:
    first, second = (over_segment(rooms_inside(), 0.25) for _ in range(2))
    assert np.array_equal(first.patch, second.patch)
    assert np.array_equal(first.landmarks.position_m, second.landmarks.position_m)


def test_a_surface_in_millimetres_is_refused_with_its_size() -> None:
    surface = square(5000.0)
    with pytest.raises(DatasetError, match="25000000 m.2.*metres"):
        over_segment(surface, 0.15)


@pytest.mark.parametrize("patch_m", [0.0, -1.0, float("nan")])
def test_patches_need_a_size(patch_m: float) -> None:
    with pytest.raises(DatasetError, match="size in metres"):
        over_segment(square(1.0), patch_m)


def test_an_empty_surface_is_refused() -> None:
    with pytest.raises(DatasetError, match="no vertices"):
        over_segment(Surface(*np.zeros((2, 0, 3), np.float32), np.zeros((0, 3), np.int32)), 1.0)


def test_a_surface_smaller_than_a_patch_is_refused() -> None:
    with pytest.raises(DatasetError, match="smaller patches"):
        over_segment(square(0.1), 1.0)


@pytest.mark.parametrize("surface", [square(2.0), grid_cloud(2.0, 0.05)])
def test_a_surface_too_far_from_its_origin_for_its_patches_is_refused(surface: Surface) -> None:
    # As in UTM: single precision knows half metres there, and no edge can be halved below that.
    far = replace(surface, vertices_m=surface.vertices_m + np.array([4.5e5, 5.4e6, 0.0], np.float32))
    with pytest.raises(DatasetError, match="5400002 m from the origin.*move"):
        over_segment(far, 0.15)
