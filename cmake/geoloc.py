#!/usr/bin/env python3
"""The `geoloc` command of a colcon build (pip makes its own)."""

import sys

from geoloc_ros.cli import main

if __name__ == "__main__":
    sys.exit(main())
