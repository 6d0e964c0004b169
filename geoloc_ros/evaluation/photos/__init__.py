"""How well places are recognised from photos: recall, of what, at what cost, and a page to look at."""
