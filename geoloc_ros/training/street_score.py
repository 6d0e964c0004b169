"""How well the street network reads images that it does not learn from, measured while it learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch.nn.functional import interpolate

from geoloc_ros.core.classes import NUM_CLASSES, SemanticClass
from geoloc_ros.core.types import Float32, Float64, UInt8
from geoloc_ros.evaluation.segmentation import confusion, iou_ratios
from geoloc_ros.training.street_data import StreetSource
from geoloc_ros.training.street_network import SIZE_MULTIPLE

_FARTHEST_M: Final = 50.0


@dataclass(frozen=True)
class StreetScore:
    """How labels and ranges of some images agree with the truth."""

    iou_ratio: Float64
    """(8,), of core.classes; NaN for a class that neither has."""
    range_error_ratio: float
    """Mean of |found - true| / true within 50 m; NaN where no range is known."""

    @property
    def mean_iou_ratio(self) -> float:
        """Over the classes that are there."""
        return float(np.nanmean(self.iou_ratio)) if np.isfinite(self.iou_ratio).any() else float("nan")

    @property
    def building_iou_ratio(self) -> float:
        """Of the class that the scan is made of."""
        return float(self.iou_ratio[SemanticClass.BUILDING])

    def as_text(self) -> str:
        """One line of percentages."""
        rows = ", ".join(
            f"{SemanticClass(each).name.lower()} {100.0 * value:.1f}"
            for each, value in enumerate(self.iou_ratio) if np.isfinite(value)
        )  # fmt: skip
        return f"IoU {100.0 * self.mean_iou_ratio:.1f} ({rows}), range error {100.0 * self.range_error_ratio:.1f} %"


def score_network(
    module: torch.nn.Module, source: StreetSource, numbers: range, width: int | None, in_bfloat16: bool = False
) -> StreetScore:
    """Read some images of a source with the network, resized to about `width`, and compare in their own size.

    Without `width` images keep theirs, as far as it is a multiple of 32.
    """
    counts = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    errors = [np.zeros(0, np.float32)]
    device = next(module.parameters()).device
    for number in numbers:
        sample = source.sample(number)
        shown = torch.from_numpy(network_input(sample.image, sample.ground, width)).to(device)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=in_bfloat16):
            logits, log_range, _ = module(shown)
        raised = interpolate(logits.float(), sample.label.shape, mode="bilinear", align_corners=False)
        counts += confusion(raised[0].argmax(dim=0).cpu().numpy().astype(np.uint8), sample.label)
        found_m = interpolate(log_range.float(), sample.label.shape, mode="nearest-exact")[0, 0].exp().cpu().numpy()
        errors.append(_relative_errors(sample.range_m, found_m))
    all_errors = np.concatenate(errors)
    error = float(all_errors.mean(dtype=np.float64)) if len(all_errors) else float("nan")
    return StreetScore(iou_ratios(counts), error)


def network_input(image: UInt8, ground: Float32, width: int | None) -> Float32:
    """Input (1, 4, h, w) of an image (H, W, 3) and its ground channel, about `width` wide, of its proportions."""
    zoom = 1.0 if width is None else width / image.shape[1]
    size = [SIZE_MULTIPLE * max(1, round(zoom * side / SIZE_MULTIPLE)) for side in image.shape[1::-1]]
    how = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    layers = cv2.resize(image, size, interpolation=how), cv2.resize(ground, size, interpolation=how)
    return np.concatenate([layers[0].astype(np.float32), layers[1][..., None]], -1).transpose(2, 0, 1)[None].copy()


def _relative_errors(true_m: Float32, found_m: Float32) -> Float32:
    with np.errstate(invalid="ignore"):
        known = (true_m > 0.3) & (true_m < _FARTHEST_M)
    return np.asarray(np.abs(found_m[known] - true_m[known]) / true_m[known], np.float32)
