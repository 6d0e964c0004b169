"""From an image and the landmarks of a scene to the pose of the camera: votes and their intersections (VS-Net)."""
