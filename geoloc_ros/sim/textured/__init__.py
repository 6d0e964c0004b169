"""Small scenes with textures, to train and try landmarks in."""
