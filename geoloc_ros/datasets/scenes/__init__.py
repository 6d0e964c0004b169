"""Images of scenes with known cameras, one file per published layout."""
