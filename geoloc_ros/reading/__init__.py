"""What an image shows: classes, buildings one by one and depth, read by our network or by anybody's."""
