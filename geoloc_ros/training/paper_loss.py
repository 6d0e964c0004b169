"""The max-margin loss over all triplets of a batch (paper, section 3; SYSTEMS S1)."""

from __future__ import annotations

import torch

# The root has no slope at 0.
_SMALL = 1e-12


def all_triplets_loss(embedding: torch.Tensor, is_negative: torch.Tensor, margin: float) -> torch.Tensor:
    """Mean of the non-zero `max(0, margin + |a - p| - |a - n|)`; 0 if there is none.

    Args:
        embedding: (L, A, D), A augmentations of each of L locations.
        is_negative: (L, L) bool, which locations are far enough from each other to be told apart.
    """
    locations, augmentations, _ = embedding.shape
    flat = embedding.flatten(0, 1)
    distance = torch.sqrt(((flat[:, None] - flat) ** 2).sum(dim=2) + _SMALL)
    # (anchor's location, anchor, location, augmentation)
    distance = distance.view(locations, augmentations, locations, augmentations)
    own = torch.arange(locations, device=distance.device)
    to_positive = distance[own, :, own]
    to_negative = distance.flatten(2)
    violation = torch.relu(margin + to_positive[..., None] - to_negative[:, :, None])
    is_other = ~torch.eye(augmentations, dtype=torch.bool, device=distance.device)
    negative = is_negative.repeat_interleave(augmentations, dim=1)
    violation = violation * (is_other[None, :, :, None] & negative[:, None, None, :])
    return violation.sum() / torch.clamp((violation > 0).sum(), min=1)
