"""Networks that find the landmarks of a scene, and the baselines on the same encoder."""
