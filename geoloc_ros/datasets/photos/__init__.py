"""Collections of photos of known places, in their published layouts, all read as one type."""
