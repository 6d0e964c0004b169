"""Several photos in a row instead of one: pooled, voted, aligned, or tracked along the photos of the index."""
