"""Which photos a network learns to tell apart: those that it mistakes now."""
