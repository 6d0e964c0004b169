"""Everything a localizer said during a drive, frame by frame: what a report is drawn from."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.types import Bool, Float32, Float64, Int32, Int64, LocalizationStatus, UInt8

_DTYPES = {
    "stamp_ns": np.int64,
    "pose": np.float64,
    "covariance": np.float64,
    "status": np.uint8,
    "probability": np.float32,
    "chance": np.float32,
    "belief_start": np.int64,
    "belief_viewpoint": np.int32,
    "belief_probability": np.float32,
}


@dataclass(frozen=True)
class Trace:
    """F frames; the belief of frame i is rows `belief_start[i]` up to `belief_start[i + 1]` of the last two arrays."""

    stamp_ns: Int64
    """(F,), of the images, ascending."""
    pose: Float64
    """(F, 3), x_m, y_m, yaw_rad of the base in the map frame; a fix only where `status` says so."""
    covariance: Float64
    """(F, 3, 3), m^2, m rad, rad^2."""
    status: UInt8
    """(F,), LocalizationStatus."""
    probability: Float32
    """(F,), belief around the pose, 0 to 1."""
    chance: Float32
    """(F,), probability that a wrong place looks as good as this one does; NaN where nobody said."""
    belief_start: Int64
    """(F + 1,)."""
    belief_viewpoint: Int32
    """(K,), rows of the index."""
    belief_probability: Float32
    """(K,), only what is worth drawing: see `most_probable`."""

    def __len__(self) -> int:
        return len(self.stamp_ns)

    def belief(self, frame: int) -> tuple[Int32, Float32]:
        """Viewpoints (k,) and probabilities (k,) of one frame."""
        rows = slice(int(self.belief_start[frame]), int(self.belief_start[frame + 1]))
        return self.belief_viewpoint[rows], self.belief_probability[rows]

    @property
    def is_fix(self) -> Bool:
        """(F,), where the localizer stands behind its pose."""
        fixed: Bool = np.isin(self.status, (LocalizationStatus.INITIALIZED, LocalizationStatus.DEGRADED))
        return fixed

    def save(self, path: Path) -> None:
        """Write an .npz; the same trace gives the same bytes."""
        arrays = {name: np.ascontiguousarray(getattr(self, name), dtype) for name, dtype in _DTYPES.items()}
        with write_beside(path) as partial, partial.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)

    @staticmethod
    def load(path: Path) -> Trace:
        """Read what `save` wrote.

        Raises:
            DatasetError: If the file is missing, damaged or not a trace.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                _refuse_older(path, set(arrays.files))
                trace = Trace(**{field.name: arrays[field.name] for field in fields(Trace)})
        except FileNotFoundError:
            raise DatasetError(f"no trace '{path}'; `geoloc localize` writes it beside its trajectory") from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(f"'{path}' is not a trace ({error}); write it again with `geoloc localize`") from error
        trace._check(path)
        return trace

    def _check(self, path: Path) -> None:
        frames, rows = len(self.stamp_ns), len(self.belief_viewpoint)
        shapes = {
            "pose": (frames, 3), "covariance": (frames, 3, 3), "status": (frames,), "probability": (frames,),
            "chance": (frames,), "belief_start": (frames + 1,), "belief_probability": (rows,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise DatasetError(f"trace '{path}' has {name} of shape {getattr(self, name).shape}, not {shape}")
        if self.belief_start[0] != 0 or self.belief_start[-1] != rows or np.any(np.diff(self.belief_start) < 0):
            raise DatasetError(f"trace '{path}' has belief rows out of order; write it again with `geoloc localize`")


def _refuse_older(path: Path, found: set[str]) -> None:
    missing = [name for name in _DTYPES if name not in found]
    if missing and "stamp_ns" in found:
        raise DatasetError(
            f"trace '{path}' has no '{missing[0]}': an older version wrote it; write it again with `geoloc localize`"
        )


def most_probable(
    belief: Float32 | Float64, max_rows: int = 20_000, floor_ratio: float = 1e-4
) -> tuple[Int32, Float32]:
    """The viewpoints (k,) worth keeping of a belief, ascending, with their probabilities (k,).

    Args:
        belief: Probability of every viewpoint (V,), V > 0.
        max_rows: At most so many, the most probable ones; ties go to the lower row.
        floor_ratio: None less probable than this share of the most probable one.
    """
    kept = np.flatnonzero(belief >= floor_ratio * belief.max())
    if len(kept) > max_rows:
        kept = np.sort(kept[np.argsort(-belief[kept], kind="stable")[:max_rows]])
    return kept.astype(np.int32), belief[kept].astype(np.float32)
