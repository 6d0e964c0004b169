"""What networks of landmarks learn by (VS-Net, §3.2, eqs. 2 to 4), and the losses of the baselines."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy, normalize

from geoloc_ros.training.landmarks.views import IGNORED


@dataclass(frozen=True)
class TripletSettings:
    """Of the prototype triplet; the published numbers (SYSTEMS, S3)."""

    margin: float = 0.5
    neighbours: int = 10
    """k, of which each pixel gets one as its negative."""


@dataclass(frozen=True)
class Cells:
    """The P cells of N images of which something is known, in one row."""

    image: torch.Tensor
    """(P,), int64, which of the images."""
    label: torch.Tensor
    """(P,), int64, 0 to n."""
    rank: torch.Tensor
    """(P,), from 0 to 1, which of the negatives it gets."""
    embedding: torch.Tensor
    """(P, D), unit length."""


def known_cells(embedding: torch.Tensor, label: torch.Tensor, rank: torch.Tensor) -> Cells:
    """Of embeddings (N, D, h, w), labels (N, h, w), some of them IGNORED, and ranks (N, h, w)."""
    is_known = label.flatten() != IGNORED
    count, rows, columns = label.shape
    image = torch.arange(count, device=label.device).repeat_interleave(rows * columns)
    vectors = embedding.permute(0, 2, 3, 1).flatten(0, 2)
    return Cells(image[is_known], label.flatten()[is_known], rank.flatten()[is_known], vectors[is_known])


def prototype_triplet(cells: Cells, prototype: torch.Tensor, settings: TripletSettings) -> torch.Tensor:
    """Eq. 2, averaged over the cells: closer to the own prototype than to one of the k that are most like it.

    "Like it" is like the mean of the own landmark's embeddings in the same image, found for each landmark that is
    active in an image rather than for each cell. Nothing is learned through the choice.

    Args:
        prototype: (n + 1, D), of any length.
    """
    prototype = normalize(prototype, dim=1)
    with torch.no_grad():
        active, group = torch.unique(cells.image * len(prototype) + cells.label, return_inverse=True)
        negatives = hard_negatives(
            mean_embeddings(cells.embedding, group, len(active)), active % len(prototype), prototype,
            settings.neighbours,
        )  # fmt: skip
        chosen = (cells.rank * negatives.shape[1]).long().clamp(max=negatives.shape[1] - 1)
        negative = negatives[group, chosen]
    return _triplet(cells, negative, prototype, settings.margin)


def random_triplet(cells: Cells, prototype: torch.Tensor, settings: TripletSettings) -> torch.Tensor:
    """The same with any other prototype as negative: the paper's ablation ("w/o kNN")."""
    others = len(prototype) - 1
    drawn = (cells.rank * others).long().clamp(max=others - 1)
    negative = drawn + (drawn >= cells.label)
    return _triplet(cells, negative, normalize(prototype, dim=1), settings.margin)


def cosine_cross_entropy(cells: Cells, prototype: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Cross entropy over all n + 1 classes of each cell; logits are scaled cosines, so that nearest is likeliest."""
    logits = cells.embedding @ normalize(prototype, dim=1).T * log_scale.exp()
    return cross_entropy(logits, cells.label)


def direction_loss(found: torch.Tensor, wanted: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Eq. 3, averaged over the cells with a landmark: L1 of directions (N, 2, h, w)."""
    is_landmark = label > 0
    apart = (found - wanted).abs().sum(1)
    return (apart * is_landmark).sum() / is_landmark.sum().clamp(min=1)


def coordinate_loss(found_m: torch.Tensor, wanted_m: torch.Tensor, extent_m: torch.Tensor) -> torch.Tensor:
    """Mean L1 of scene coordinates (N, 3, h, w) in extents of the scene; cells whose truth is NaN do not count."""
    is_known = torch.isfinite(wanted_m).all(dim=1)
    apart = (found_m - wanted_m.nan_to_num()).abs().sum(1) / extent_m
    return (apart * is_known).sum() / is_known.sum().clamp(min=1)


def mean_embeddings(embedding: torch.Tensor, group: torch.Tensor, count: int) -> torch.Tensor:
    """Means (count, D) of embeddings (P, D) by group (P,), of unit length."""
    total = embedding.new_zeros(count, embedding.shape[1])
    # Only directions are compared: the sum is as good as the mean.
    return normalize(total.index_add_(0, group, embedding), dim=1)


def hard_negatives(
    mean: torch.Tensor, own: torch.Tensor, prototype: torch.Tensor, neighbours: int
) -> torch.Tensor:
    """The k prototypes (A, k) that are most like means (A, D), without the own one (A,)."""
    similarity = mean @ prototype.T
    similarity[torch.arange(len(own), device=own.device), own] = -torch.inf
    return similarity.topk(min(neighbours, len(prototype) - 1), dim=1).indices


def _triplet(cells: Cells, negative: torch.Tensor, prototype: torch.Tensor, margin: float) -> torch.Tensor:
    towards = (cells.embedding * prototype[cells.label]).sum(1)
    away = (cells.embedding * prototype[negative]).sum(1)
    return (margin + away - towards).clamp(min=0.0).mean()
