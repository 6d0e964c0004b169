"""Errors that a user can cause; each message says what is wrong, the value seen and the way out."""


class GeolocError(Exception):
    """A user's mistake: the CLI prints it on one line and exits 1, a node logs it and fails its transition."""


class ConfigError(GeolocError):
    """A parameter is unknown, ill-typed or out of its range."""


class MapError(GeolocError):
    """A map file cannot be read, or holds nothing that can be localized in."""


class ArtifactError(GeolocError):
    """An artifact folder is missing, damaged, or of another kind or format version."""


class IndexMismatchError(GeolocError):
    """A descriptor, encoder or map does not belong to the index it was given to."""


class DatasetError(GeolocError):
    """A bag or data set lacks something that was asked of it."""


class ObservationError(GeolocError):
    """One frame cannot be used (encoding, size, values, stamp); the next one may be fine."""


class BackendError(GeolocError):
    """A compiled library or accelerator is missing or unusable."""
