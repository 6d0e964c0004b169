"""The encoder that the configuration names."""

from __future__ import annotations

import logging
from pathlib import Path

from geoloc_ros.core.config import DescriptorConfig, InferenceConfig, ScanConfig
from geoloc_ros.core.errors import ConfigError
from geoloc_ros.core.files import shared_file
from geoloc_ros.core.interfaces import Encoder
from geoloc_ros.inference.load import load_network
from geoloc_ros.scan.encoder import HandcraftedEncoder
from geoloc_ros.scan.learned import (
    LEARNED_INPUT,
    LEARNED_OUTPUTS,
    PAPER_INPUT,
    PAPER_OUTPUTS,
    LearnedEncoder,
    PaperEncoder,
)

logger = logging.getLogger(__name__)

SHIPPED_WEIGHTS = {"learned": "models/scan_ours.onnx", "paper": "models/scan_paper.onnx"}
"""By method, below the checkout or share/geoloc_ros."""

_ONE_THREAD = InferenceConfig()


def make_encoder(
    descriptor_config: DescriptorConfig, scan_config: ScanConfig, inference: InferenceConfig = _ONE_THREAD
) -> Encoder:
    """The encoder of `descriptor.method`, with the weights of `descriptor.model` or the shipped ones.

    Args:
        descriptor_config: What to make.
        scan_config: Of the scans it will get.
        inference: What runs a network. On the road one thread is best, offline all.

    Raises:
        BackendError: If the weights are missing, broken, or made for another method or other scans.
        ConfigError: If settings contradict each other.
    """
    method, model = descriptor_config.method, descriptor_config.model
    if method == "handcrafted":
        if model:
            raise ConfigError(
                f"descriptor.model is '{model}', and descriptor.method 'handcrafted' has no weights; "
                "leave it empty, or set descriptor.method=learned"
            )
        return HandcraftedEncoder(descriptor_config, scan_config)
    file = Path(model).expanduser() if model else shared_file(SHIPPED_WEIGHTS[method])
    encoder: Encoder
    if method == "learned":
        encoder = LearnedEncoder(load_network(file, LEARNED_INPUT, LEARNED_OUTPUTS, inference), scan_config)
    else:
        encoder = PaperEncoder(load_network(file, PAPER_INPUT, PAPER_OUTPUTS, inference), scan_config)
    logger.info("encoder %s", encoder)
    return encoder
