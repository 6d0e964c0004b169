"""From images with poses to landmarks: surface, patches, and what each image shows of them."""
