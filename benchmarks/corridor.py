"""Real photos recognised by the shipped network, which has never seen their likes: a corridor, and a walk in a town.

    python benchmarks/corridor.py --json corridor.json [--model NAME=FILE ...] [--quick]

Corridor: 111 queries among 111 photos of a corridor indoors, as VPR-Bench publishes them (160 x 120 pixels), with its
list of right answers (up to two photos off). `r1_<method>`: one photo at a time. `r1_<method>_<way>`: sequences of
three (SLS' seq2seq max, avg, cat, seq2im min, mode, im2seq) and the tracker, which hears all photos of the walk until
the query (`tracker`) or one more (`tracker_waits`). Rows: what VPR-Bench published for this set, single photos, not
measured here; networks of that list learnt from millions of real photos.

Lund: 29 photos of a walk round a building, each searched among the others; right is one within 25 m, which a fifth of
them are: `chance_lund`. `r1_lund_<method>`, `r5_lund_<method>`.

Methods: `photo`, the shipped network; those of --model; `untrained`, ResNet-18 to conv4 with half of its channels and
GeM, at 160 x 120, with the weights that training begins with; `hog` and `thumbnail`, without any (`_classic.py`).
Nothing was trained or chosen on these photos. Intervals: 95 %, by drawing stretches of ten photos again.

--quick is the same: it takes half a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from _classic import HogEncoder, ThumbnailEncoder
from _common import ROOT, Figure, Result, shared_data

from geoloc_ros.core.config import InferenceConfig
from geoloc_ros.core.interfaces import PhotoEncoder
from geoloc_ros.core.photo_config import PhotoConfig
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoSet, photo_set
from geoloc_ros.core.types import Float32
from geoloc_ros.datasets.photos.collection import load_collection
from geoloc_ros.datasets.photos.positives import Positives
from geoloc_ros.evaluation.photos.found import find, find_by_score
from geoloc_ros.evaluation.photos.judged import judge_photos
from geoloc_ros.evaluation.photos.recall import DEPTHS, Recall, first_right, measure_recall
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.evaluation.photos.sequence_ways import DISTANCE_WAYS, POOLED_WAYS, pooled_scores, way_scores
from geoloc_ros.vpr.encoder import SHIPPED_PHOTO_NETWORK, make_photo_encoder
from geoloc_ros.vpr.search.exact import ExactSearch

PUBLISHED = {
    "HybridNet": 0.901, "AMOSNet": 0.847, "denseVLAD": 0.703, "NetVLAD": 0.676, "CoHOG": 0.622, "HOG": 0.477,
}  # fmt: skip
LENGTH = 3
SEED = 0
ONE_THREAD = InferenceConfig()


@dataclass(frozen=True)
class Corridor:
    """Queries and references along one walk each."""

    queries: PhotoSet
    references: PhotoSet
    positives: Positives


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        encoders = dict(_encoders(arguments.model, Path(folder)))
    corridor, lund = _corridor(), load_collection(str(shared_data() / "photos" / "lund")).database
    figures: list[Figure] = []
    rows: list[dict[str, Any]] = [{"method": name, "r1": r1, "published": True} for name, r1 in PUBLISHED.items()]
    for name, encoder in encoders.items():
        recalls = dict(_walk(corridor, encoder))
        figures += [_figure(f"r1_{name}" if way == "single" else f"r1_{name}_{way}", recalls[way]) for way in recalls]
        around = _leave_one_out(lund, encoder)
        figures += [_figure(f"r1_lund_{name}", around), _figure(f"r5_lund_{name}", around, 5)]
        rows.append({"method": name, "encoder": encoder.encoder_id, "dimension": encoder.dimension, "published": False})
    figures = [
        Figure("chance", recalls["single"].chance[0], n=recalls["single"].judged),
        Figure("chance_lund", around.chance[0], n=around.judged), *figures,
    ]  # fmt: skip
    result = Result(SEED, "real", figures, rows)
    result.print()
    print("published, single photos: " + ", ".join(f"{name} {r1:.3f}" for name, r1 in PUBLISHED.items()))
    result.write(arguments.json)


def _encoders(models: list[str], folder: Path) -> Iterator[tuple[str, PhotoEncoder]]:
    shipped = ROOT / SHIPPED_PHOTO_NETWORK
    if shipped.is_file():
        yield "photo", make_photo_encoder(PhotoConfig(model=str(shipped)), ONE_THREAD)
    else:
        print(f"no network is shipped ({SHIPPED_PHOTO_NETWORK}): no row 'photo'", file=sys.stderr)
    for text in models:
        name, _, file = text.partition("=")
        yield name, make_photo_encoder(PhotoConfig(model=file), ONE_THREAD)
    if find_spec("torch") is None:
        print("torch is not installed: no row 'untrained'", file=sys.stderr)
    else:
        yield "untrained", _untrained(folder / "untrained.onnx")
    yield "hog", HogEncoder()
    yield "thumbnail", ThumbnailEncoder()


def _untrained(path: Path) -> PhotoEncoder:
    from geoloc_ros.training.photos.networks.photo_file import export_photo
    from geoloc_ros.training.photos.networks.photo_network import make_photo_network
    from geoloc_ros.training.photos.networks.spec import parse_network

    export_photo(make_photo_network(parse_network("resnet18-conv4@0.5+gem", 120, 160), SEED), path)
    return make_photo_encoder(PhotoConfig(model=str(path)), ONE_THREAD)


def _corridor() -> Corridor:
    folder = shared_data() / "vpr_corridor"
    right = {int(query): rows for query, rows in json.loads((folder / "ground_truth.json").read_text())}
    # Nobody knows where a photo was taken; the published list says which show the same place.
    queries, references = (_along(folder, part) for part in ("query", "ref"))
    count = [len(right[query]) for query in range(len(queries))]
    rows = np.concatenate([np.sort(right[query]) for query in range(len(queries))])
    start = np.concatenate([[0], np.cumsum(count)])
    return Corridor(queries, references, Positives(start.astype(np.int64), rows.astype(np.int64)))


def _along(folder: Path, part: str) -> PhotoSet:
    names = tuple(sorted(f"{part}/{file.name}" for file in (folder / part).iterdir()))
    return photo_set("corridor", folder, names, np.zeros((len(names), 2)), sequence=np.zeros(len(names), np.int32))


def _walk(corridor: Corridor, encoder: PhotoEncoder) -> Iterator[tuple[str, Recall]]:
    """Recall of every way."""
    described, indexed = _described(corridor.queries, encoder), _described(corridor.references, encoder)
    walks = corridor.queries.sequence, corridor.references.sequence
    distance = np.maximum(2.0 - 2.0 * described @ indexed.T, 0.0)
    for way in DISTANCE_WAYS:
        yield way, _recall(corridor, way, way_scores(way, distance, *walks, LENGTH))
    for pooled in POOLED_WAYS:
        yield pooled, _recall(corridor, pooled, pooled_scores(pooled, described, indexed, *walks, LENGTH))


def _recall(corridor: Corridor, name: str, score: Float32) -> Recall:
    rank = first_right(find_by_score(score).row, corridor.positives)
    return measure_recall(
        name, "", rank, corridor.positives, len(corridor.references), corridor.queries.sequence, SEED
    )  # fmt: skip


def _leave_one_out(photos: PhotoSet, encoder: PhotoEncoder) -> Recall:
    described, own = _described(photos, encoder), np.arange(len(photos))
    halves = described.astype(np.float16)
    found = find(ExactSearch(halves), described, own)
    return judge_photos(RetrievedPhotos(photos, photos, own, described, halves, found), "plain", SEED).recalls[0]


def _described(photos: PhotoSet, encoder: PhotoEncoder) -> Float32:
    return encoder.encode([read_photo(photos.path(row)) for row in range(len(photos))])


def _figure(name: str, recall: Recall, depth: int = 1) -> Figure:
    column = DEPTHS.index(depth)
    return Figure(name, recall.share[column], "", recall.interval[column], recall.judged)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE", help="another network; repeatable")
    parser.add_argument("--quick", action="store_true", help="the same; it takes half a minute")
    return parser.parse_args()


if __name__ == "__main__":
    main()
