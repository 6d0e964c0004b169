from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.core.errors import ConfigError
from geoloc_ros.training.photos.networks.spec import NetworkSpec, parse_network, read_spec


@pytest.mark.parametrize("text", [
    "resnet18+gem", "resnet50-conv4+netvlad", "resnet18-conv5@0.5+msatt", "hub:facebook/dinov2-small+gem",
    "hub:microsoft/resnet-50-conv4+cosplace", "timm:convnext_tiny.fb_in22k+mixvpr",
])  # fmt: skip
def test_a_method_is_read_as_it_is_written(text: str) -> None:
    assert parse_network(text, 120, 160).method == text


def test_the_parts_are_what_they_say() -> None:
    spec = parse_network("resnet18-conv4@0.5+cosplace", 120, 160, dimension=64)
    assert spec == NetworkSpec("resnet18", "conv4", 0.5, "cosplace", 64, height_px=120, width_px=160)


@given(st.sampled_from(["gem", "netvlad"]), st.integers(32, 500), st.integers(0, 64), st.floats(0.1, 4.0))
def test_a_file_says_all_of_it(head: str, height_px: int, pca: int, width_ratio: float) -> None:
    spec = NetworkSpec("vgg16", "conv4", width_ratio, head, height_px=height_px, pca=pca)  # type: ignore[arg-type]
    assert read_spec(spec.as_json()) == spec


@pytest.mark.parametrize(("text", "said"), [
    ("resnet18", "is not BACKBONE"), ("resnet18+max", "not one of gem"), ("resnet18@1.2.3+gem", "no number"),
    ("resnet18@9+gem", "not above 0"), ("resnet18-conv4+msatt", "conv4 and conv5"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_network(text, 120, 160)


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="as many dimensions as its features"):
        parse_network("resnet18+gem", 120, 160, dimension=64)
    with pytest.raises(ConfigError, match="smaller than 32"):
        parse_network("resnet18+gem", 12, 160)


@pytest.mark.parametrize("text", ["", "[1]", '{"backbone": "resnet18"}'])
def test_another_files_words_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="does not describe a network"):
        read_spec(text)
