"""The generated parameter file."""

from pathlib import Path

import yaml

from geoloc_ros.core.config import Config, ScanConfig
from geoloc_ros.core.node_config import NODE_CONFIGS
from geoloc_ros.core.section import validated
from geoloc_ros.ros.params_file import params_text


def test_the_file_in_the_repository_is_what_the_config_says(root: Path) -> None:
    """If this fails: python -m geoloc_ros.ros.params_file > config/localization.yaml."""
    assert (root / "config" / "localization.yaml").read_text() == params_text(Config())


def test_what_is_written_is_read_back_as_the_same_config() -> None:
    tree = yaml.safe_load(params_text(Config(scan=ScanConfig(num_rays=180))))
    for name, config_type in NODE_CONFIGS.items():
        config = validated(config_type, tree[f"/**/{name}"]["ros__parameters"])
        scan = getattr(config, "scan", ScanConfig(num_rays=180))
        assert config == config_type(**({"scan": scan} if "scan" in config_type.model_fields else {}))
