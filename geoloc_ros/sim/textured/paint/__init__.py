"""Textures made up from chance: materials, and things that hang, stand or are written on them."""
