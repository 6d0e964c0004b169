"""The page about accuracy: tables, recall curves, queries on the map, the worst of them, what helps and what hurts."""
