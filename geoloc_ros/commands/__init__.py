"""Groups of sub-commands of `geoloc`. Heavy imports stay inside the commands, so that `--help` is quick."""
