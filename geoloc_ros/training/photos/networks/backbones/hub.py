"""Backbones of the Hugging Face hub, or of a folder in its layout."""

from __future__ import annotations

from geoloc_ros.pretrained.backbones import load_backbone
from geoloc_ros.training.photos.networks.backbones.features import Backbone
from geoloc_ros.training.photos.networks.spec import Cut


def make_hub_backbone(source: str, size: tuple[int, int], cut: Cut, has_weights: bool) -> Backbone:
    """For photos of `size` (H, W), with the weights of the hub or random ones.

    Raises:
        ArtifactError: It cannot be had, has no .safetensors, or lacks weights.
        ConfigError: It has no such cut, or makes no maps of features.
    """
    found = load_backbone(source, size, cut, has_weights=has_weights)
    # Theirs is about pixels times a scale, ours about 0..1.
    unit = 255.0 * found.normalization.scale
    red, green, blue = (value / unit for value in found.normalization.mean)
    wide = tuple(value / unit for value in found.normalization.std)
    return Backbone(found.module, (red, green, blue), (wide[0], wide[1], wide[2]), found.origin)
