"""Localization without GPS: semantic descriptors matched against OpenStreetMap."""

from pkgutil import extend_path

# The generated messages and the native library live in the installed copy of this package. A checkout has neither: its
# path is extended by the installed one, so that the source tree wins for Python modules and nothing is missing.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
