"""How good camera poses are."""
