"""A world that differs from its map, and a car that drives through it."""
