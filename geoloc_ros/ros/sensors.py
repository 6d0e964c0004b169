"""Sensor messages as arrays: camera models, point clouds, images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import Header

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import camera_from_info, info_from_camera
from geoloc_ros.core.errors import ObservationError
from geoloc_ros.core.images import image_bytes
from geoloc_ros.core.types import Float32
from geoloc_ros.ros.conversions import packed

_DTYPES = {
    PointField.INT8: "i1", PointField.UINT8: "u1", PointField.INT16: "i2", PointField.UINT16: "u2",
    PointField.INT32: "i4", PointField.UINT32: "u4", PointField.FLOAT32: "f4", PointField.FLOAT64: "f8",
}
_DATATYPES = {dtype: datatype for datatype, dtype in _DTYPES.items()}


def to_camera(message: CameraInfo, is_rectified: bool = False) -> Camera:
    """Camera of raw images, or of rectified ones; see `core.camera_info.camera_from_info`.

    Raises:
        ObservationError: If it is not calibrated or of an unknown model.
    """
    return camera_from_info(message, is_rectified)


def to_camera_info(camera: Camera, header: Header) -> CameraInfo:
    """Inverse of `to_camera`."""
    fields = info_from_camera(camera)
    return CameraInfo(
        header=header, width=camera.width, height=camera.height, distortion_model=fields.distortion_model, d=fields.d,
        k=fields.k, r=fields.r, p=fields.p,
    )


def to_image(pixels: NDArray[Any], encoding: str, header: Header) -> Image:
    """Raw image message."""
    step, data = image_bytes(pixels, encoding)
    return Image(
        header=header, height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=step,
        data=packed("B", np.frombuffer(data, np.uint8)),
    )


def to_points(message: PointCloud2) -> Float32:
    """Points (N, 3) in the frame of the cloud, those with NaN left out.

    Raises:
        ObservationError: If there is no x, y or z, or the data is not as long as it says.
    """
    points = to_structured(message)
    missing = {"x", "y", "z"} - set(points.dtype.names or ())
    if missing:
        raise ObservationError(f"point cloud has fields {points.dtype.names}; {sorted(missing)} are missing")
    xyz = np.stack([points[name].astype(np.float32) for name in ("x", "y", "z")], axis=-1)
    finite: Float32 = xyz[np.all(np.isfinite(xyz), axis=-1)]
    return finite


def to_point_cloud(points: NDArray[Any], header: Header) -> PointCloud2:
    """Message of a structured array (N,)."""
    names = points.dtype.names or ()
    fields = [
        PointField(name=name, offset=offset, datatype=_DATATYPES[dtype.str[1:]], count=1)
        for name, (dtype, offset, *_) in ((name, points.dtype.fields[name]) for name in names)  # type: ignore[index]
    ]
    return PointCloud2(
        header=header, height=1, width=len(points), fields=fields, is_bigendian=False, is_dense=True,
        point_step=points.itemsize, row_step=points.nbytes,
        data=packed("B", np.frombuffer(points.tobytes(), np.uint8)),
    )


def to_structured(message: PointCloud2) -> NDArray[Any]:
    """Structured array (N,) of a cloud, a view of its data.

    Raises:
        ObservationError: If the data is not as long as it says or a field does not fit into a point.
    """
    order = ">" if message.is_bigendian else "<"
    try:
        dtype = np.dtype(
            {
                "names": [field.name for field in message.fields],
                "formats": [order + _DTYPES[field.datatype] for field in message.fields],
                "offsets": [field.offset for field in message.fields],
                "itemsize": message.point_step,
            }
        )
        rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.row_step)
        used = np.ascontiguousarray(rows[:, : message.width * message.point_step])
        return used.reshape(-1).view(dtype)
    except (KeyError, ValueError, TypeError) as error:
        raise ObservationError(
            f"point cloud of {message.width}x{message.height} points of {message.point_step} bytes is damaged: {error}"
        ) from error
