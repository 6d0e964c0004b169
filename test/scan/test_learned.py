from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.config import InferenceConfig, ScanConfig
from geoloc_ros.core.errors import BackendError, ObservationError
from geoloc_ros.core.types import Float32, SemanticScan
from geoloc_ros.inference.load import load_network
from geoloc_ros.scan.features import network_features, paper_features
from geoloc_ros.scan.learned import (
    LEARNED_INPUT,
    LEARNED_OUTPUTS,
    PAPER_INPUT,
    PAPER_OUTPUTS,
    LearnedEncoder,
    PaperEncoder,
)

CPU = InferenceConfig(backend="onnxruntime")
WriteNetwork = Callable[..., Path]


def learned(file: Path, scan_config: ScanConfig | None = None) -> LearnedEncoder:
    return LearnedEncoder(load_network(file, LEARNED_INPUT, LEARNED_OUTPUTS, CPU), scan_config or ScanConfig())


def paper(file: Path) -> PaperEncoder:
    return PaperEncoder(load_network(file, PAPER_INPUT, PAPER_OUTPUTS, CPU), ScanConfig())


@pytest.fixture
def ours(write_network: WriteNetwork, tmp_path: Path) -> LearnedEncoder:
    return learned(write_network(tmp_path / "ours.onnx"))


@pytest.fixture
def published(write_network: WriteNetwork, tmp_path: Path) -> PaperEncoder:
    return paper(write_network(tmp_path / "paper.onnx", "scan-paper"))


def random_scans(count: int, seed: int = 0) -> SemanticScan:
    rng = np.random.default_rng(seed)
    instance = np.repeat(rng.integers(-1, 9, (count, 36)), 10, axis=1).astype(np.int32)
    range_m = np.where(instance < 0, np.nan, rng.uniform(3.0, 90.0, (count, 360))).astype(np.float32)
    return SemanticScan(range_m, instance, rng.random((count, 360)) < 0.8)


def scan_at(scans: SemanticScan, row: int) -> SemanticScan:
    return SemanticScan(scans.range_m[row], scans.instance[row], scans.observed[row])


def pooled(features: Float32) -> Float32:
    """What the tiny network makes of features (N, C, 360)."""
    return features.reshape(*features.shape[:2], 36, 10).mean(axis=-1).reshape(len(features), -1)


def test_ours_is_minus_the_inner_product_that_the_network_was_trained_for(ours: LearnedEncoder) -> None:
    places, queries = random_scans(5), random_scans(4, 1)
    place, query = pooled(network_features(places)), pooled(network_features(queries))
    ratio = query @ place.T - 0.5 * np.sum(place**2, axis=1)
    found = ours.encode_query(queries) @ ours.encode(places).T
    assert found == pytest.approx(-ratio, abs=1e-3)
    assert found.dtype == np.float32 and ours.encode(places).shape == (5, ours.dimension)


def test_the_place_that_was_seen_is_the_most_alike(ours: LearnedEncoder, published: PaperEncoder) -> None:
    scans = random_scans(50)
    for encoder in (ours, published):
        dissimilarity = encoder.encode_query(scans) @ encoder.encode(scans).T
        assert np.array_equal(dissimilarity.argmin(axis=1), np.arange(50))


def test_the_published_one_is_a_squared_distance_of_unit_vectors(published: PaperEncoder) -> None:
    places, queries = random_scans(5), random_scans(4, 1)
    unit = [vector / np.linalg.norm(vector, axis=1, keepdims=True)
            for vector in (pooled(paper_features(scans, 100.0)) for scans in (queries, places))]
    expected = np.sum((unit[0][:, None] - unit[1]) ** 2, axis=-1)
    assert published.encode_query(queries) @ published.encode(places).T == pytest.approx(expected, abs=1e-4)
    assert published.dimension == 72 + 1


def test_a_scan_gives_what_it_gives_in_a_batch_of_any_size(ours: LearnedEncoder, published: PaperEncoder) -> None:
    scans = random_scans(200)
    for encoder in (ours, published):
        for encode in (encoder.encode, encoder.encode_query):
            batch = encode(scans)
            for row in (0, 63, 64, 199):
                alone = encode(scan_at(scans, row))
                assert alone.shape == (encoder.dimension,)
                assert alone == pytest.approx(batch[row], abs=1e-5)


def test_leading_axes_are_kept(ours: LearnedEncoder) -> None:
    scans = random_scans(6)
    grid = SemanticScan(*(part.reshape(2, 3, 360) for part in (scans.range_m, scans.instance, scans.observed)))
    assert np.array_equal(ours.encode(grid).reshape(6, -1), ours.encode(scans))


def test_its_name_says_kind_and_file(ours: LearnedEncoder, published: PaperEncoder) -> None:
    assert ours.encoder_id.startswith("scan-ours-") and published.encoder_id.startswith("scan-paper-")
    assert ours.encoder_id in str(ours) and "ours.onnx" in str(ours)
    assert "paper.onnx" in str(published)


def test_a_scan_of_another_number_of_rays_is_refused(ours: LearnedEncoder) -> None:
    scan = scan_at(random_scans(1), 0)
    short = replace(scan, range_m=scan.range_m[:180], instance=scan.instance[:180], observed=scan.observed[:180])
    with pytest.raises(ObservationError, match=r"180 rays, network '.*ours.onnx' was trained on 360"):
        ours.encode_query(short)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"geoloc_kind": "scan-paper"}, r"geoloc_kind 'scan-paper', this encoder needs 'scan-ours'; choose"),
        ({"geoloc_kind": None}, "geoloc_kind 'unset'"),
        ({"geoloc_features": "network-0"}, "geoloc_features 'network-0', this encoder needs 'network-"),
        ({"rays": "180"}, "rays 180, scan.num_rays is 360; set scan.num_rays=180"),
        ({"max_range_m": "50.0"}, "max_range_m 50.0, scan.max_range_m is 100; set scan.max_range_m=50.0"),
        ({"max_range_m": "far"}, "max_range_m far"),
    ],
)
def test_weights_made_for_something_else_are_refused(
    write_network: WriteNetwork, tmp_path: Path, metadata: dict[str, str | None], complaint: str
) -> None:
    with pytest.raises(BackendError, match=complaint):
        learned(write_network(tmp_path / "odd.onnx", **metadata))


def test_a_network_whose_size_is_not_what_it_says_is_refused(write_network: WriteNetwork, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"takes features of shape \(8, 180\), these scans have \(8, 360\)"):
        learned(write_network(tmp_path / "odd.onnx", num_rays=180, rays="360"))


def test_scans_of_the_config_must_be_those_of_the_training(write_network: WriteNetwork, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="scan.num_rays is 180; set scan.num_rays=360"):
        learned(write_network(tmp_path / "ours.onnx"), ScanConfig(num_rays=180))
