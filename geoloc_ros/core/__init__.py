"""What every other folder speaks: types, interfaces, geometry, config, artifacts, errors. Imports nothing of ours."""
