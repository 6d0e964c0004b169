"""From descriptors and motion to a pose; shared by every method."""
