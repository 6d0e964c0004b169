"""What the street network is blamed for: wrong classes, wrong ranges, missed boundaries."""

from __future__ import annotations

import torch
from torch.nn.functional import log_softmax, softplus

from geoloc_ros.core.classes import SemanticClass

# Rare and thin ones count more: OTHER (poles, signs, fences), PAVEMENT, PERSON.
_CLASS_WEIGHTS = (1.8, 1.0, 1.0, 1.0, 1.2, 1.0, 0.9, 2.0)
_OVERLAP_WEIGHT = 0.5
_RANGE_WEIGHT = 4.0
_SLOPE_WEIGHT = 0.5
_BOUNDARY_WEIGHT = 0.5
# Of near edges, far ones are narrower than a cell; and of all that is no building, where there are none.
_NEAR_LOG_RANGE, _NEAR_BOUNDARY_WEIGHT, _ELSEWHERE_BOUNDARY_WEIGHT = 3.7, 3.0, 0.1
# Scans are made of buildings, and of what is near.
_BUILDING_RANGE_WEIGHT = 3.0
_FAR_LOG_RANGE, _FAR_RANGE_WEIGHT = 4.1, 0.33
# How far away things are can only be guessed where the ground channel says nothing.
_GUESSED_RANGE_WEIGHT = 0.3


def street_loss(
    outputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor], shares: torch.Tensor, log_range: torch.Tensor,
    boundary: torch.Tensor, has_ground: torch.Tensor,
) -> torch.Tensor:
    """Scalar; of a batch of N images with cells h by w.

    Args:
        outputs: `logits` (N, 8, h, w), `log_range` (N, 1, h, w), `boundary` (N, 1, h, w).
        shares: (N, 8, h, w), of the classes in a cell; they sum to less than 1 where something is not labelled.
        log_range: (N, 1, h, w), NaN where unknown.
        boundary: (N, 1, h, w), 0, 1, or NaN where unknown.
        has_ground: (N,), whether the network was told where the ground is.
    """
    logits, found_range, found_boundary = (output.float() for output in outputs)
    weights = torch.where(has_ground, 1.0, _GUESSED_RANGE_WEIGHT).reshape(-1, 1, 1, 1)
    weights = weights * (1.0 + (_BUILDING_RANGE_WEIGHT - 1.0) * shares[:, SemanticClass.BUILDING, None])
    weights = torch.where(log_range > _FAR_LOG_RANGE, _FAR_RANGE_WEIGHT * weights, weights)
    return (
        class_loss(logits, shares)
        + _RANGE_WEIGHT * range_loss(found_range, log_range, weights)
        + _BOUNDARY_WEIGHT * boundary_loss(found_boundary, boundary, shares[:, SemanticClass.BUILDING, None], log_range)
    )


def class_loss(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Cross entropy with the shares of the classes, and the overlap that is missing (soft Jaccard index)."""
    log_probability = log_softmax(logits, dim=1)
    weighted = shares * shares.new_tensor(_CLASS_WEIGHTS).reshape(1, -1, 1, 1)
    entropy = -(weighted * log_probability).sum() / weighted.sum().clamp_min(1.0)
    probability = log_probability.exp() * shares.sum(dim=1, keepdim=True)
    area = shares.sum(dim=(0, 2, 3))
    common = torch.minimum(probability, shares).sum(dim=(0, 2, 3))
    overlap = common / (probability.sum(dim=(0, 2, 3)) + area - common).clamp_min(1.0)
    is_there = area > 0.0
    missing = ((1.0 - overlap) * is_there).sum() / is_there.sum().clamp_min(1)
    return entropy + _OVERLAP_WEIGHT * missing


def range_loss(found: torch.Tensor, log_range: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Mean relative error of ranges, and of their change from cell to cell where both are known; weighted per cell."""
    known = ~log_range.isnan()
    error = torch.where(known, found - log_range.nan_to_num(0.0), 0.0)
    total = _weighted_mean(error.abs(), known, weights)
    for axis in (2, 3):
        before, after = slice(0, found.shape[axis] - 1), slice(1, None)
        pairs = _along(known, axis, before) & _along(known, axis, after)
        change = _along(error, axis, after) - _along(error, axis, before)
        total = total + _SLOPE_WEIGHT * _weighted_mean(change.abs(), pairs, _along(weights, axis, before))
    return total


def _along(tensor: torch.Tensor, axis: int, part: slice) -> torch.Tensor:
    return tensor[:, :, part] if axis == 2 else tensor[:, :, :, part]


def _weighted_mean(values: torch.Tensor, known: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Over images first: those with a lidar have a thirtieth of the cells that rendered ones have."""
    counted = known * weights / known.sum(dim=(1, 2, 3), keepdim=True).clamp_min(1)
    return (values * counted).sum() / counted.sum().clamp_min(1e-6)


def boundary_loss(
    found: torch.Tensor, boundary: torch.Tensor, building: torch.Tensor, log_range: torch.Tensor
) -> torch.Tensor:
    """Missed boundaries, false ones, and the overlap that is missing (Dice); the few cells of the first count as much.

    Args:
        found: Logits (N, 1, h, w).
        boundary: (N, 1, h, w), 0, 1, or NaN where unknown.
        building: (N, 1, h, w), share of buildings in a cell.
        log_range: (N, 1, h, w), NaN where unknown.
    """
    known = ~boundary.isnan()
    truth = boundary.nan_to_num(0.0)
    weights = torch.where(log_range < _NEAR_LOG_RANGE, _NEAR_BOUNDARY_WEIGHT, 1.0)
    weights = known * weights * torch.where(building > 0.5, 1.0, _ELSEWHERE_BOUNDARY_WEIGHT)
    missed = (softplus(-found) * weights * truth).sum() / (weights * truth).sum().clamp_min(1.0)
    false = (softplus(found) * weights * (1.0 - truth)).sum() / (weights * (1.0 - truth)).sum().clamp_min(1.0)
    probability = torch.sigmoid(found)
    common = (probability * truth * weights).sum()
    overlap = (2.0 * common + 1.0) / ((probability + truth) * weights).sum().add(1.0)
    return missed + false + 1.0 - overlap
