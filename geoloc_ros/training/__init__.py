"""How networks learn from maps alone: recipes, and the loop that runs them; the only home of torch."""
