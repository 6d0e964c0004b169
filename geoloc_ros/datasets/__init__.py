"""Recorded data in the forms in which others keep it."""
