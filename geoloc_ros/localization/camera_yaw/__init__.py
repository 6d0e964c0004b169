"""A camera whose yaw on the vehicle nobody knows: frames are scored in all turns at once."""
