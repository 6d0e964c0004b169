"""What the outputs of other people's networks mean: one file per kind of output."""
