"""Heads: from maps of features to one vector, one file each."""
