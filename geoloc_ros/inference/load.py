"""A network on the best engine that works here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.errors import BackendError
from geoloc_ros.core.interfaces import Network
from geoloc_ros.inference.onnx_backend import OnnxNetwork

logger = logging.getLogger(__name__)


def load_network(
    file: Path, input_name: str, output_names: Sequence[str], config: InferenceConfig,
    item_shape: tuple[int, ...] | None = None,
) -> Network:
    """The network of an ONNX file, loaded by the engine of `inference.backend` and run once.

    Args:
        file: One ONNX file that holds its weights itself.
        input_name: The name that its only input must have.
        output_names: Those that are wanted, in the order in which `run` gives them.
        config: What runs it.
        item_shape: Of one item of the input, where the file leaves more than N open (H and W of an image network).

    Raises:
        BackendError: If the file is missing, broken, or not such a network; or the engine cannot be used here.
    """
    if config.backend in ("tensorrt", "torch"):
        raise BackendError(f"inference.backend is '{config.backend}', which comes next; set it to onnxruntime")
    network = OnnxNetwork(file, input_name, output_names, config.num_threads, item_shape)
    logger.info("network '%s' runs on %s", file, network.engine_name)
    return network
