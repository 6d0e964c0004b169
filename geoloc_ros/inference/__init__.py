"""Running trained networks: one interface (`core.interfaces.Network`), the engines behind it."""
