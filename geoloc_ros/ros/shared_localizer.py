"""The localizer and its index, for the thread that computes and the one that takes messages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.localization_config import LocalizerConfig
from geoloc_ros.core.node_config import LocalizerNodeConfig
from geoloc_ros.core.section import validated
from geoloc_ros.localization.camera_yaw.turning import layout_of
from geoloc_ros.localization.localizer import Localizer
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.scan.encoders import make_encoder


class SharedLocalizer:
    """One localizer, used by one thread at a time; another index takes the place of both."""

    def __init__(self, config: LocalizerNodeConfig) -> None:
        """Load the index of the config.

        Raises:
            ConfigError: If none is named.
            ArtifactError: If it cannot be used.
        """
        if not config.index_path:
            raise ConfigError("parameter 'index_path' is empty; set it to an index folder made with `geoloc index`")
        self._lock = threading.Lock()
        self.load(Path(config.index_path), config)

    def load(self, path: Path, config: LocalizerNodeConfig) -> None:
        """Start anew with an index.

        Raises:
            ArtifactError: If it cannot be used; everything is as before then.
            ConfigError, IndexMismatchError: If the yaw of the camera is to be learnt and its encoder cannot do that.
        """
        index = PlaceIndex.load(path)
        made_with = validated(Config, {name: index.config[name] for name in ("scan", "descriptor")})
        layout = None
        if config.localizer.camera_yaw == "unknown":
            encoder = make_encoder(made_with.descriptor, made_with.scan)
            index.check_encoder(encoder)
            layout = layout_of(encoder, made_with.scan.num_rays)
        sections = {name: getattr(config, name) for name in ("index", "motion", "tracker", "align", "localizer")}
        localizer = Localizer(index, made_with.model_copy(update=sections), layout)
        # Load now what the first frame would wait for: kernels, the pages of the index, the projection.
        localizer.warm_up()
        index.geomap.origin.to_geodetic(np.zeros(2))
        with self._lock:
            self.index, self._localizer, self._config = index, localizer, config.localizer

    @contextmanager
    def use(self) -> Iterator[Localizer]:
        """The localizer, while nobody else uses it."""
        with self._lock:
            yield self._localizer

    def configure(self, config: LocalizerConfig) -> None:
        """Other thresholds from now on; what is believed stays."""
        with self.use() as localizer:
            if config != self._config:
                localizer.configure(config)
                self._config = config
