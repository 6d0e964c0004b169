"""Views as the native kernels read them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from geoloc_ros.core.camera import Camera, ray_planes
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.types import Pose3
from geoloc_ros.core.view import DepthSource, View

SOURCES: tuple[DepthSource, ...] = get_args(DepthSource)
"""The most trustworthy first; their place here is their number in the kernels."""

_MAX_DEPTHS = 8
_PINHOLE, _EQUIRECTANGULAR, _TABLE = 0, 1, 2
# Pixels that look where their neighbour above does say nothing new: so many rows per degree are enough.
_ROWS_PER_DEGREE = 4.0


class _NativeView(ctypes.Structure):
    """geoloc::View of src/observe_view.hpp."""

    _fields_ = (
        ("table", ctypes.c_void_p),
        ("labels", ctypes.c_void_p),
        ("instances", ctypes.c_void_p),
        ("depth", ctypes.c_void_p * _MAX_DEPTHS),
        ("source", ctypes.c_int32 * _MAX_DEPTHS),
        ("num_depths", ctypes.c_int32),
        ("rotation", ctypes.c_float * 9),
        ("translation", ctypes.c_float * 3),
        ("fx", ctypes.c_float),
        ("fy", ctypes.c_float),
        ("cx", ctypes.c_float),
        ("cy", ctypes.c_float),
        ("model", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("row_step", ctypes.c_int32),
    )


class NativeViews:
    """An array of them; it keeps what they point to."""

    def __init__(self, views: Sequence[View]) -> None:
        """Raises ObservationError if a view has more depths than the kernels take."""
        self._kept: list[object] = []
        self._array = (_NativeView * len(views))(*(self._native(view) for view in views))
        self.place([view.base_from_camera for view in views])

    def __len__(self) -> int:
        """How many."""
        return len(self._array)

    @property
    def pointer(self) -> int:
        """Address of the first one."""
        return ctypes.addressof(self._array)

    def place(self, target_from_camera: Sequence[Pose3]) -> None:
        """Let the kernels work in another frame."""
        for native, pose in zip(self._array, target_from_camera, strict=True):
            native.rotation[:] = pose.rotation.ravel().tolist()
            native.translation[:] = pose.translation_m.tolist()

    def _native(self, view: View) -> _NativeView:
        camera, depths = view.camera, view.depths
        if len(depths) > _MAX_DEPTHS:
            raise ObservationError(f"a view has {len(depths)} depths; at most {_MAX_DEPTHS} are used")
        native = _NativeView(
            labels=self._pointer(view.labels), num_depths=len(depths), fx=camera.fx, fy=camera.fy, cx=camera.cx,
            cy=camera.cy, model=_model(camera), width=camera.width, height=camera.height,
            row_step=max(1, min(camera.height, int(np.radians(camera.fy) / _ROWS_PER_DEGREE))),
        )
        if native.model == _TABLE:
            native.table = self._pointer(ray_planes(camera))
        if view.instances is not None:
            native.instances = self._pointer(view.instances)
        for number, depth in enumerate(depths):
            native.depth[number] = self._pointer(depth.depth_m)
            native.source[number] = SOURCES.index(depth.source)
        return native

    def _pointer(self, image: NDArray[Any]) -> int:
        contiguous = np.ascontiguousarray(image)
        self._kept.append(contiguous)
        return contiguous.ctypes.data


def _model(camera: Camera) -> int:
    if camera.model == "equirectangular":
        return _EQUIRECTANGULAR
    return _PINHOLE if camera.model == "pinhole" and not camera.distortion else _TABLE
