"""The rows of the tables: every method that can run here, with the reason for those that cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from geoloc_ros.core.config import Config, DescriptorConfig, InferenceConfig, ScanConfig
from geoloc_ros.core.errors import ArtifactError, BackendError, ConfigError
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.core.types import Float32
from geoloc_ros.evaluation.baselines import PublishedEncoder
from geoloc_ros.evaluation.bsd import BinaryDescriptors
from geoloc_ros.evaluation.database import PlaceDatabase
from geoloc_ros.evaluation.retrieval import EncoderMethod, Method, Reranker
from geoloc_ros.evaluation.second_look import SecondLook
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.onnx_backend import read_signature
from geoloc_ros.localization.ray_likelihood import RayTable
from geoloc_ros.scan.encoder import HandcraftedEncoder
from geoloc_ros.scan.encoders import make_encoder

_METHOD_OF_KIND = {"scan-ours": "learned", "scan-paper": "paper"}


@dataclass(frozen=True)
class NamedModel:
    """Weights that are a row of their own."""

    name: str
    file: Path
    ray_table: Path | None = None
    """With what its best places are looked at again; None: they are not."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All that its results depend on."""
        return (self.file,) if self.ray_table is None else (self.file, self.ray_table)


@dataclass(frozen=True)
class Row:
    """A method under its name in figures."""

    name: str
    method: Method
    is_squared: bool
    """Its dissimilarity is the square of a distance; the paper sums distances along a trajectory."""
    reranker: Reranker | None = None

    def trajectory_terms(self, dissimilarity: Float32) -> Float32:
        """What is summed along a trajectory (..., N)."""
        return np.sqrt(np.maximum(dissimilarity, 0.0)) if self.is_squared else dissimilarity


@dataclass(frozen=True)
class Rows:
    """What can run, and why the rest cannot."""

    rows: tuple[Row, ...]
    skipped: tuple[str, ...]
    """Each "name: reason"."""


def make_rows(
    database: PlaceDatabase, models: Sequence[NamedModel], seed: int, names: Sequence[str] | None = None
) -> Rows:
    """The baselines and as many networks as there are files for.

    Args:
        database: What queries are compared with; its places are encoded by every method.
        models: Networks, in the order of the table.
        seed: Of the errors of simulated classifiers.
        names: Which rows are wanted; all, if not said.

    Raises:
        ConfigError: If there is no row of a wanted name.
    """
    makers: dict[str, Callable[[], Row]] = {
        "handcrafted": lambda: _encoded("handcrafted", PublishedEncoder(DescriptorConfig(), scan), database, True),
        "handcrafted_masked": lambda: _encoded(
            "handcrafted_masked", HandcraftedEncoder(DescriptorConfig(), scan), database, False
        ),
        "bsd_bit": lambda: Row("bsd_bit", BinaryDescriptors(database, "bit", seed), False),
        "bsd_joint": lambda: Row("bsd_joint", BinaryDescriptors(database, "joint", seed), False),
        **{model.name: partial(_of_network, model, database) for model in models},
    }
    scan = database.scan_config
    unknown = set(names or ()) - set(makers)
    if unknown:
        raise ConfigError(f"no method '{', '.join(sorted(unknown))}'; there are {', '.join(makers)}")
    rows, skipped = [], []
    for name, make in makers.items():
        if names is not None and name not in names:
            continue
        try:
            rows.append(make())
        except (ArtifactError, BackendError) as error:
            skipped.append(f"{name}: {error}")
    return Rows(tuple(rows), tuple(skipped))


def _encoded(name: str, encoder: Encoder, database: PlaceDatabase, is_squared: bool) -> Row:
    return Row(name, EncoderMethod(encoder, database.scan), is_squared)


def _of_network(model: NamedModel, database: PlaceDatabase) -> Row:
    for file in model.files:
        if not file.is_file():
            raise BackendError(f"no file {file.name}")
    encoder, is_squared = load_network(model.file, database.scan_config)
    row = _encoded(model.name, encoder, database, is_squared)
    if model.ray_table is None:
        return row
    return replace(row, reranker=SecondLook(database, RayTable.load(model.ray_table), Config().rerank))


def load_network(file: Path, scan_config: ScanConfig) -> tuple[Encoder, bool]:
    """The encoder of an ONNX file of either kind, and whether its dissimilarity is a squared distance.

    Raises:
        BackendError: If the file is missing or damaged, or was trained for something else.
    """
    kind = read_signature(read_network_file(file)).metadata.get("geoloc_kind", "unset")
    if kind not in _METHOD_OF_KIND:
        raise BackendError(f"network '{file}' is of kind '{kind}', known are {', '.join(_METHOD_OF_KIND)}")
    method = _METHOD_OF_KIND[kind]
    config = DescriptorConfig.model_validate({"method": method, "model": str(file)})
    return make_encoder(config, scan_config, InferenceConfig(num_threads=0)), method == "paper"


def parse_model(text: str) -> NamedModel:
    """`NAME=FILE`.

    Raises:
        ConfigError: If it is not of that form.
    """
    name, equals, file = text.partition("=")
    if not equals or not name.isidentifier() or not file:
        raise ConfigError(f"'{text}' is not of the form NAME=FILE, e.g. ours_seen=out/seen.onnx")
    return NamedModel(name, Path(file))
