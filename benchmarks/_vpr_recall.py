"""Descriptors of the comparison, learned and plain, and how often they find the place."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from _common import Figure

from geoloc_ros.core.artifacts import write_beside
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.types import Float32, UInt8
from geoloc_ros.datasets.photos.positives import POSITIVE_M, VIEW_RAD, Positives, find_positives
from geoloc_ros.evaluation.photos.recall import DEPTHS, first_right, measure_recall
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.photo_input import resize_photo

_AT_ONCE = 64
Encode = Callable[[Sequence[UInt8]], Float32]


@dataclass(frozen=True)
class Scene:
    """Queries and what they are looked for in."""

    database: PhotoSet
    queries: PhotoSet
    positives: Positives
    """Within 25 m and 40 degrees."""
    near: Positives
    """Within 25 m, wherever it looks."""

    def chance(self) -> float:
        """Share of queries whose place one photo drawn at random shows."""
        return float(np.diff(self.positives.start).mean() / len(self.database))


def make_scene(database: PhotoSet, queries: PhotoSet) -> Scene:
    """With the right answers."""
    return Scene(
        database, queries, find_positives(queries, database, POSITIVE_M, VIEW_RAD),
        find_positives(queries, database, POSITIVE_M),
    )


def raw_descriptors(images: Sequence[UInt8]) -> Float32:
    """Grey values at 32x24, each photo with mean 0: what a network must beat at least."""
    small = np.stack([cv2.cvtColor(resize_photo(image, 24, 32), cv2.COLOR_RGB2GRAY) for image in images])
    return _unit(small.reshape(len(images), -1).astype(np.float32))


def colour_descriptors(images: Sequence[UInt8]) -> Float32:
    """Histograms of 4x4x4 colours in 4x3 parts of the photo (Hellinger)."""
    rows = []
    for image in images:
        coarse = resize_photo(image, 96, 128).astype(np.int64) // 64
        number = (coarse[..., 0] * 4 + coarse[..., 1]) * 4 + coarse[..., 2]
        parts = [part for band in np.split(number, 3) for part in np.split(band, 4, axis=1)]
        rows.append(np.concatenate([np.bincount(part.ravel(), minlength=64) for part in parts]))
    return _unit(np.sqrt(np.stack(rows).astype(np.float32)), centred=False)


def hog_descriptors(images: Sequence[UInt8]) -> Float32:
    """Histograms of 9 oriented gradients in cells of 16 of the grey photo at 128x96, blocks of 2x2 cells normalised
    (Dalal, Triggs 2005).
    """
    grey = np.stack([cv2.cvtColor(resize_photo(image, 96, 128), cv2.COLOR_RGB2GRAY) for image in images])
    down, right = np.gradient(grey.astype(np.float32), axis=(1, 2))
    angle = np.minimum((np.arctan2(down, right) % np.pi / np.pi * 9.0).astype(np.int64), 8)
    size = np.hypot(down, right)
    bins = np.stack([np.where(angle == k, size, 0.0) for k in range(9)], axis=-1)
    cells = bins.reshape(len(images), 6, 16, 8, 16, 9).sum(axis=(2, 4))
    blocks = np.concatenate([cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:]], axis=-1)
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True).clip(1e-6)
    return _unit(blocks.reshape(len(images), -1), centred=False)


BASELINES: dict[str, Encode] = {"raw": raw_descriptors, "colour": colour_descriptors, "hog": hog_descriptors}


class Judge:
    """Recall of any descriptors in one scene; those of a network are kept on disk."""

    def __init__(self, scene: Scene, folder: Path, seed: int) -> None:
        self.scene, self._folder, self._seed = scene, folder, seed
        photos = (scene.database, scene.queries)
        names = "\n".join(name for one in photos for name in one.file)
        self._photos = hashlib.sha256(names.encode()).hexdigest()[:12]

    def network(self, name: str, file: Path) -> list[tuple[Figure, dict[str, Any]]]:
        """Figures and rows of a network's file."""
        encoder = make_photo_encoder(PhotoConfig(model=str(file)))
        kept = self._folder / f"{encoder.encoder_id}-{self._photos}.npz"
        if not kept.exists():
            database, queries, photo_ms = self._described(encoder.encode)
            with write_beside(kept) as partial, partial.open("wb") as stream:
                np.savez(stream, database=database, queries=queries, photo_ms=photo_ms)
        with np.load(kept, allow_pickle=False) as found:
            return self._judged(name, found["database"], found["queries"], float(found["photo_ms"]))

    def baseline(self, name: str) -> list[tuple[Figure, dict[str, Any]]]:
        """Figures and rows of descriptors that nobody has trained."""
        return self._judged(name, *self._described(BASELINES[name]))

    def _described(self, encode: Encode) -> tuple[Float32, Float32, float]:
        """Descriptors of database and queries, and milliseconds per photo without reading it."""
        took_s, parts = 0.0, []
        for photos in (self.scene.database, self.scene.queries):
            for begin in range(0, len(photos), _AT_ONCE):
                rows = range(begin, min(begin + _AT_ONCE, len(photos)))
                images = [read_photo(photos.path(row)) for row in rows]
                began_s = time.process_time()
                parts.append(encode(images))
                took_s += time.process_time() - began_s
        whole = np.concatenate(parts)
        return whole[: len(self.scene.database)], whole[len(self.scene.database) :], 1e3 * took_s / len(whole)

    def _judged(
        self, name: str, database: Float32, queries: Float32, photo_ms: float
    ) -> list[tuple[Figure, dict[str, Any]]]:
        scene = self.scene
        likeness = queries @ database.T
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, : max(DEPTHS)].astype(np.int64)
        rank, near = first_right(nearest, scene.positives), first_right(nearest, scene.near)
        out = []
        conditions = list(dict.fromkeys(scene.queries.condition))
        for condition in conditions:
            of_it = np.array(scene.queries.condition) == condition
            recall = measure_recall(
                condition, "", np.where(of_it, rank, np.nan), scene.positives, len(database), scene.queries.sequence,
                self._seed,
            )
            row = {
                "method": name, "condition": condition, "queries": int(of_it.sum()), "database": len(database),
                "dimension": int(database.shape[1]), "photo_ms": photo_ms,
                "r1_25m": float((near[of_it] < 1).mean()),
                **{f"r{depth}": recall.share[k] for k, depth in enumerate(DEPTHS)},
            }
            for k, depth in enumerate(DEPTHS[:2]):
                figure = Figure(
                    f"r{depth}_{name}_{condition}", recall.share[k], "", recall.interval[k], int(of_it.sum())
                )
                out.append((figure, row))
        return out


def _unit(values: Float32, *, centred: bool = True) -> Float32:
    if centred:
        values = values - values.mean(axis=1, keepdims=True)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True).clip(1e-9), dtype=np.float32)
