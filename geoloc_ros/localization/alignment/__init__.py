"""Scans of the last metres laid over the walls of the map: from a rough pose to an exact one."""
