"""Trains networks that tell places by photos."""
