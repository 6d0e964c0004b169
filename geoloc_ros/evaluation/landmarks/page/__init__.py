"""A page for people of how well cameras are found in a scene; one file that loads nothing."""
