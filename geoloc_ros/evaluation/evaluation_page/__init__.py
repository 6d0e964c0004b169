"""A page for people of drives that were judged together."""
