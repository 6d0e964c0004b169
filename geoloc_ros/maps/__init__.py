"""What the map says: buildings, roads, places, and the scan that each place would show."""
