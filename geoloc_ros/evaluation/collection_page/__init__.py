"""What a collection of photos holds, on a page to look at."""
