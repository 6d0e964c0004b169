"""The belief over the roads of a whole map: an exact Bayes filter, and its backward pass."""
