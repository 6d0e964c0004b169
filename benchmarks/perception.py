"""What a frame costs on one core, from the image to the scan and its descriptor, and whether all engines say the same.

    python benchmarks/perception.py --json perception.json [--quick] [--model FILE]

Images are panoramas of a simulated drive, noise `paper`. Figures, all at 1024 x 512 pixels:
`network_ms` the street network alone, on the engine that `inference.backend: auto` takes; `network_eager_ms` the same
network as one would write it, in torch, eager. `to_scan_ms` labels and depth to a scan; `to_scan_plain_ms` the same
projection as one would write it in numpy, without the fit of the ground. `read_ms` image to labels, buildings and
depth (network included), `embedding_ms` scan to query, `node_hz` the whole chain in process, image message in, scan
message out.
`backend_class_agreement` the smallest share of pixels, %, at which an engine calls the same class the likeliest as ONNX
Runtime on the same file does; `backend_depth_error` the largest mean relative difference of ranges;
`backend_embedding_error` the largest relative difference of descriptors and queries. Rows: every engine, precision and
input size, medians and minima; half precision is compared with single precision in the rows alone.

The process keeps to one core. Methods take turns, round after round; figures are medians of the rounds. On a machine
that others use as well, `--clock processor` counts only the time for which the process itself ran (none of a GPU's).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _common import ROOT, Figure, Result
from _plain import eager_network, plain_scan
from _timing import Rounds, keep_to_one_core, take_turns
from numpy.typing import NDArray

from geoloc_ros.core.config import InferenceConfig, load_config
from geoloc_ros.core.errors import BackendError, GeolocError
from geoloc_ros.core.interfaces import Encoder, Network
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import Float32
from geoloc_ros.core.view import CameraFrame, View
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.datasets.bag_frames import BagFrame
from geoloc_ros.datasets.parts import PARTS
from geoloc_ros.inference.agreement import class_agreement, golden_batch, range_error, relative_error
from geoloc_ros.inference.load import load_network
from geoloc_ros.inference.network_file import read_network_file
from geoloc_ros.inference.precision import write_half
from geoloc_ros.reading.readers import SHIPPED_NETWORK
from geoloc_ros.reading.street_input import ground_channel
from geoloc_ros.reading.street_reader import INPUT_NAME, OUTPUT_NAMES
from geoloc_ros.scan.encoders import SHIPPED_WEIGHTS, make_encoder
from geoloc_ros.scan.learned import LEARNED_INPUT, LEARNED_OUTPUTS
from geoloc_ros.scan.observe import observe_scan
from geoloc_ros.scan.perceive import Perceiver
from geoloc_ros.simulate import PROCEDURAL, simulate_drive

SIZES = ((512, 256), (768, 384), (1024, 512))
"""Width and height; the figures are of the last."""
BACKENDS = ("auto", "tensorrt", "onnxruntime", "torch")
FRAMES = 4
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
REFERENCE, HALF = "onnxruntime", "onnxruntime fp16"


Turns = Callable[[Mapping[str, Callable[[], object]]], Rounds]


@dataclass(frozen=True)
class Scene:
    """One moment of a drive, as messages and as arrays."""

    message: BagFrame
    """Its image alone."""
    came: CameraFrame
    """With labels and depth."""

    def view(self) -> View:
        """What a scan is made of when all is given."""
        came = self.came
        assert came.labels is not None, "it was recorded"
        return View(came.camera, came.base_from_camera, came.labels, came.instances, came.depths)

    def network_input(self) -> Float32:
        """(1, 4, H, W)."""
        assert self.came.image is not None, "it was recorded"
        ground = ground_channel(self.came.camera, self.came.base_from_camera)
        planes = [*np.moveaxis(self.came.image, 2, 0).astype(np.float32), ground]
        return np.stack(planes)[None]


def main() -> None:
    arguments = _arguments()
    keep_to_one_core()
    turns = partial(take_turns, num_rounds=5 if arguments.quick else 21, clock=CLOCKS[arguments.clock])
    sizes = SIZES[-1:] if arguments.quick else SIZES
    rows: list[dict[str, Any]] = []
    try:
        scenes = {size: _scenes(*size) for size in sizes}
        figures = _stages(scenes[SIZES[-1]], arguments.model, turns, rows)
        figures += _engines(scenes, arguments.model, turns, rows)
    except GeolocError as error:
        sys.exit(f"error: {error}")
    result = Result(0, "paper", figures, rows)
    _print(rows)
    result.print()
    result.write(arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="one size, five rounds")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="what is measured")
    parser.add_argument("--model", type=Path, default=ROOT / SHIPPED_NETWORK, help="a street network (.onnx)")
    return parser.parse_args()


def _scenes(width: int, height: int) -> list[Scene]:
    """A few moments of a drive through a made-up city."""
    config = load_config(None, (f"sim.width={width}", f"sim.height={height}", "sim.rate_hz=0.5", "sim.city_size_m=300"))
    with tempfile.TemporaryDirectory() as folder:
        bag = Path(folder) / "drive.mcap"
        simulate_drive(PROCEDURAL, bag, None, 0, 18.0 * FRAMES, config, no_progress)
        reader = BagReader(bag)
        pairs = zip(reader.frames(PARTS[:1]), reader.frames(PARTS), strict=True)
        return [Scene(image, everything.camera_frame()) for image, everything in pairs][:FRAMES]


def _stages(scenes: list[Scene], model: Path, turns: Turns, rows: list[dict[str, Any]]) -> list[Figure]:
    """What our own way costs, step by step, beside the plain way."""
    config = load_config(None, (f"networks.segmentation={model}", f"networks.input_width={SIZES[-1][0]}"))
    perceiver = Perceiver(config.networks, config.inference, config.scan, config.observe)
    encoder, (reader,) = make_encoder(config.descriptor, config.scan), perceiver.readers
    seen = perceiver.perceive([scenes[0].message.camera_frame()]).scan
    turn = _Turn(scenes)
    rounds = turns({
        "decode": lambda: turn.next().message.camera_frame(),
        "read": lambda: reader.read(_image(turn.next()), turn.now.came.camera, turn.now.came.base_from_camera),
        "to_scan": lambda: observe_scan([turn.next().view()], config.scan, config.observe),
        "to_scan_plain": lambda: plain_scan(turn.next().view(), config.scan, config.observe),
        "embedding": lambda: encoder.encode_query(seen),
        "node": _chain(turn, perceiver, encoder),
        "network_eager": eager_network(scenes[0].network_input()),
    })  # fmt: skip
    rows += [_row(name, "auto", SIZES[-1], seconds) for name, seconds in rounds.items()]
    figures = [
        Figure(f"{name}_ms", 1e3 * float(np.median(seconds)), "ms", n=len(seconds))
        for name, seconds in rounds.items() if name not in ("node", "decode")
    ]
    return [*figures, Figure("node_hz", 1.0 / float(np.median(rounds["node"])), "1/s", n=len(rounds["node"]))]


class _Turn:
    """Scenes one after the other, so that nothing is remembered of the last call."""

    def __init__(self, scenes: list[Scene]) -> None:
        self._scenes, self._number = scenes, 0
        self.now = scenes[0]

    def next(self) -> Scene:
        self._number += 1
        self.now = self._scenes[self._number % len(self._scenes)]
        return self.now


def _image(scene: Scene) -> NDArray[np.uint8]:
    assert scene.came.image is not None, "it was recorded"
    return scene.came.image


def _chain(turn: _Turn, perceiver: Perceiver, encoder: Encoder) -> Callable[[], object]:
    """All that the node does with an image message, up to the message that it publishes."""
    try:
        from std_msgs.msg import Header

        from geoloc_ros.ros.conversions import to_scan_msg
    except ImportError as error:
        sys.exit(f"the node's messages need ROS: {error}; see docs/install.md")

    def process() -> object:
        scan = perceiver.perceive([turn.next().message.camera_frame()]).scan
        return to_scan_msg(scan, encoder.encode_query(scan), encoder.encoder_id, Header())

    return process


def _engines(
    scenes: dict[tuple[int, int], list[Scene]], model: Path, turns: Turns, rows: list[dict[str, Any]]
) -> list[Figure]:
    """The network on every engine and in every size."""
    agreements, errors = [100.0], [0.0]
    figures: list[Figure] = []
    for size, of_size in scenes.items():
        batch = of_size[0].network_input()
        networks = _networks(model, batch.shape[1:])
        rounds = turns({name: partial(one.run, batch) for name, one in networks.items()})
        expected = [networks[REFERENCE].run(scene.network_input()) for scene in of_size]
        for name, network in networks.items():
            found = [network.run(scene.network_input()) for scene in of_size]
            agreement, error = _compare(found, expected)
            rows.append(_row("network", network.engine_name, size, rounds[name]) | {
                "name": name, "class_agreement": agreement, "depth_error": error,
            })
            if name != HALF:
                agreements.append(agreement)
                errors.append(error)
        if size == SIZES[-1]:
            figures.append(Figure("network_ms", 1e3 * float(np.median(rounds["auto"])), "ms", n=len(rounds["auto"])))
    return [
        *figures, Figure("backend_class_agreement", min(agreements), "%", n=len(agreements) - 1),
        Figure("backend_depth_error", max(errors), n=len(errors) - 1), _embedding_error(),
    ]  # fmt: skip


def _networks(model: Path, item_shape: tuple[int, ...]) -> dict[str, Network]:
    """The street network by the name of what runs it; what cannot run here is named with its reason."""
    networks = {}
    for backend in BACKENDS:
        try:
            networks[backend] = load_network(model, INPUT_NAME, OUTPUT_NAMES, _config(backend), item_shape)
        except BackendError as error:
            print(f"skipped {backend}: {error}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / "half.onnx"
        write_half(read_network_file(model), half)
        networks[HALF] = load_network(half, INPUT_NAME, OUTPUT_NAMES, _config(REFERENCE), item_shape)
    return networks


def _embedding_error() -> Figure:
    """Of our encoder's network on every engine, on made-up features."""
    file, found = ROOT / SHIPPED_WEIGHTS["learned"], {}
    for backend in BACKENDS:
        try:
            network = load_network(file, LEARNED_INPUT, LEARNED_OUTPUTS, _config(backend))
        except BackendError:  # said of the street network already
            continue
        found[backend] = network.run(golden_batch(network.input_shape, 8))
    errors = [
        relative_error(ours, theirs)
        for outputs in found.values() for ours, theirs in zip(outputs, found[REFERENCE], strict=True)
    ]  # fmt: skip
    return Figure("backend_embedding_error", max(errors), n=len(found))


def _config(backend: str) -> InferenceConfig:
    return InferenceConfig.model_validate({"backend": backend})


def _compare(found: list[tuple[Float32, ...]], expected: list[tuple[Float32, ...]]) -> tuple[float, float]:
    """Percentage of pixels with the same class, and mean relative difference of ranges; the worst image counts."""
    pairs = list(zip(found, expected, strict=True))
    return (
        100.0 * min(class_agreement(ours[0], theirs[0]) for ours, theirs in pairs),
        max(range_error(ours[1], theirs[1]) for ours, theirs in pairs),
    )


def _row(stage: str, engine: str, size: tuple[int, int], seconds: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "stage": stage, "engine": engine, "width": size[0], "height": size[1],
        "median_ms": 1e3 * float(np.median(seconds)), "minimum_ms": 1e3 * float(seconds.min()), "rounds": len(seconds),
    }  # fmt: skip


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{'stage':16}{'size':>12}{'median ms':>12}{'minimum':>10}{'classes %':>12}{'depth':>10}  engine")
    for row in rows:
        timed = f"{row['width']:>7}x{row['height']:<4}{row['median_ms']:12.2f}{row['minimum_ms']:10.2f}"
        compared = f"{row['class_agreement']:12.3f}{row['depth_error']:10.1e}" if "depth_error" in row else " " * 22
        name = f"{row['name']}: " if "name" in row else ""
        print(f"{row['stage']:16}{timed}{compared}  {name}{row['engine']}")


if __name__ == "__main__":
    main()
