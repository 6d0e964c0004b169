"""Networks from a photo to its descriptor: a backbone, a head, and what is written into their files."""
