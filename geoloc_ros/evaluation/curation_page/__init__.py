"""A page for people of a curation: its clusters on a map, what was dropped and why, how the rest is spread."""
