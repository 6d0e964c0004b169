"""Method S1: a scan observed by cameras, and the descriptor of any scan."""
