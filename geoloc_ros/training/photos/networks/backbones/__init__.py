"""Backbones: from a photo to maps of features."""
