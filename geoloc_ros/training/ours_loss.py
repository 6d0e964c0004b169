"""What our network learns: which of many places, turned which way, a query was seen from."""

from __future__ import annotations

import torch
from torch.nn import functional

from geoloc_ros.training.ours_network import rotation_scores

SAME_PLACE_M = 15.0


def place_and_rotation_loss(
    query: torch.Tensor, place: torch.Tensor, position_m: torch.Tensor, num_bins: int
) -> torch.Tensor:
    """Cross entropy of query i against all places in all rotations, place i as it stands being the right one.

    Places nearer than SAME_PLACE_M, and the right one turned by one bin, are neither right nor wrong.

    Args:
        query: (B, D) of our network.
        place: (B, D), in the order of the queries.
        position_m: (B, 2) of the places.
        num_bins: Of a turn.
    """
    scores = rotation_scores(query, place, num_bins)
    is_near = torch.cdist(position_m, position_m) < SAME_PLACE_M
    is_own = torch.eye(len(query), dtype=torch.bool, device=query.device)
    undecided = torch.zeros_like(scores, dtype=torch.bool)
    undecided[:, :, 0] = is_near & ~is_own
    undecided[:, :, 1] = undecided[:, :, -1] = is_near | is_own
    # Large enough to count for nothing, small enough to have no infinite gradient.
    flat = scores.masked_fill(undecided, -1e4).flatten(1)
    return functional.cross_entropy(flat, torch.arange(len(query), device=query.device) * num_bins)
