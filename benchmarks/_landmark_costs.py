"""What the losses of a segmentation into many landmarks cost: counted as VS-Net's Table 1 does, and measured here.

The four published numbers follow from 24 operations and one float per similarity: cross entropy compares each pixel
with each class, the prototype loss each active class with each class (to mine negatives) and each pixel with two. 24 is
a dot product of 12 numbers at two operations per number, or of 24 at one; the paper does not say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from _landmark_findings import Findings
from torch.utils.flop_counter import FlopCounterMode

from geoloc_ros.training.landmarks.losses import (
    Cells,
    TripletSettings,
    cosine_cross_entropy,
    prototype_triplet,
)

PIXELS, CLASSES, ACTIVE = 640 * 480, 5000, 100
_OPERATIONS, _BYTES = 24, 4
_MIB, _GIB = 2.0**20, 2.0**30
PUBLISHED = {"mflop_prototype": 26.7, "mb_prototype": 3.1, "gflop_cross_entropy": 36.9, "gb_cross_entropy": 5.7}
_DIMENSION = 32


@dataclass(frozen=True)
class Cost:
    """Of one image, forward and what is kept for the way back."""

    flops: float
    num_bytes: float


def counted_cross_entropy(pixels: int = PIXELS, classes: int = CLASSES) -> Cost:
    """Each pixel with each class."""
    return Cost(float(_OPERATIONS * pixels * classes), float(_BYTES * pixels * classes))


def counted_prototypes(pixels: int = PIXELS, classes: int = CLASSES, active: int = ACTIVE) -> tuple[Cost, Cost]:
    """Mining (each active class with each class) and triplets (each pixel with its class and with one other).

    Of the triplets, one float per pixel is kept: their loss.
    """
    pairs = active * classes
    mining = Cost(float(_OPERATIONS * pairs), float(_BYTES * pairs))
    return mining, Cost(float(2 * _OPERATIONS * pixels), float(_BYTES * pixels))


def measure_costs(classes: tuple[int, ...], findings: Findings) -> None:
    """The counted table, and bytes and milliseconds of our losses.

    Args:
        classes: For which cross entropy is measured: at 5000 it does not fit; it grows in proportion, which is shown.
        findings: Takes the figures.
    """
    mining, triplet = counted_prototypes()
    entropy = counted_cross_entropy()
    findings.figure("mflop_prototype", (mining.flops + triplet.flops) / 1e6, "MFLOP")
    findings.figure("mb_prototype", (mining.num_bytes + triplet.num_bytes) / _MIB, "MiB")
    findings.figure("gflop_cross_entropy", entropy.flops / 1e9, "GFLOP")
    findings.figure("gb_cross_entropy", entropy.num_bytes / _GIB, "GiB")
    for name, cost in (("k nearest", mining), ("triplet", triplet), ("cross entropy", entropy)):
        findings.row("costs", loss=name, how="counted as published", flops=cost.flops, bytes=cost.num_bytes)
    prototypes = _measured(_prototype_loss, CLASSES)
    findings.row("costs", loss="prototype triplet", how="measured", classes=CLASSES, **prototypes)
    known = {count: _measured(_entropy_loss, count) for count in classes}
    for count, values in known.items():
        findings.row("costs", loss="cross entropy", how="measured", classes=count, **values)
    slope = float(np.polyfit(list(known), [values["kept_bytes"] for values in known.values()], 1)[0])
    findings.figure("gb_cross_entropy_measured", slope * CLASSES / _GIB, "GiB")
    findings.figure("mb_prototype_measured", prototypes["kept_bytes"] / _MIB, "MiB")
    slope_ms = float(np.polyfit(list(known), [values["ms"] for values in known.values()], 1)[0])
    findings.figure("cross_entropy_ms", slope_ms * CLASSES, "ms")
    findings.figure("prototype_ms", prototypes["ms"], "ms")


def _measured(loss: Callable[[Cells, torch.Tensor], torch.Tensor], classes: int) -> dict[str, float]:
    """Operations in products of matrices, bytes kept for the way back, milliseconds there and back; 640x480."""
    generator = torch.Generator().manual_seed(0)
    embedding = torch.nn.functional.normalize(torch.randn(PIXELS, _DIMENSION, generator=generator), dim=1)
    prototype = torch.randn(classes + 1, _DIMENSION, generator=generator).requires_grad_()
    label = torch.randint(1, min(ACTIVE, classes) + 1, (PIXELS,), generator=generator)
    cells = Cells(
        torch.zeros(PIXELS, dtype=torch.int64), label, torch.rand(PIXELS, generator=generator),
        embedding.requires_grad_(),
    )  # fmt: skip
    given = {embedding.untyped_storage().data_ptr(), prototype.untyped_storage().data_ptr()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in given:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    before_s = time.perf_counter()
    with FlopCounterMode(display=False) as counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda one: one):
        result = loss(cells, prototype)
    forward = float(counter.get_total_flops())
    result.backward()
    elapsed_ms = 1e3 * (time.perf_counter() - before_s)
    return {"flops": forward, "kept_bytes": float(sum(kept.values())), "ms": elapsed_ms}


def _prototype_loss(cells: Cells, prototype: torch.Tensor) -> torch.Tensor:
    return prototype_triplet(cells, prototype, TripletSettings())


def _entropy_loss(cells: Cells, prototype: torch.Tensor) -> torch.Tensor:
    return cosine_cross_entropy(cells, prototype, torch.zeros(()))
