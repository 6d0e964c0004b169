"""A page for people of photos and what was found for them; one file that loads nothing."""
