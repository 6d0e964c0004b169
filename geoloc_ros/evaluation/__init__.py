"""How good a result is: metrics, protocols, figures."""
