"""Places recognised from photos: descriptors of photos, search among them, sequences of them."""
