from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from geoloc_ros.core.config import Config, load_config
from geoloc_ros.core.errors import ArtifactError, ConfigError, DatasetError, IndexMismatchError
from geoloc_ros.core.photo_config import PhotoConfig, SearchConfig
from geoloc_ros.core.photos import photo_set
from geoloc_ros.core.progress import no_progress
from geoloc_ros.core.types import LocalizationStatus
from geoloc_ros.datasets.bag import BagReader
from geoloc_ros.evaluation.metrics import interpolate_poses
from geoloc_ros.evaluation.trace import Trace
from geoloc_ros.evaluation.tum import read_tum
from geoloc_ros.index import index_map
from geoloc_ros.localization.place_index import PlaceIndex
from geoloc_ros.localize import FIXES, LocalizeSummary, localize_bag, trace_path
from geoloc_ros.scan.encoders import make_encoder
from geoloc_ros.sim.recorder import record
from geoloc_ros.vpr.encoder import make_photo_encoder
from geoloc_ros.vpr.front_faces import cut_faces
from geoloc_ros.vpr.photo_index import PhotoIndex
from geoloc_ros.vpr.photo_table import own_frame

from .vpr.photo_network import write_photo_network

Edit = Callable[[str, int, Any], Any]


@pytest.fixture(scope="module")
def index(tiny_drive: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("localize") / "tiny.index"
    index_map(tiny_drive.map_file, path, None, Config(), no_progress)
    return path


def localize(
    bag: Path, index: Path, output: Path, config: Config | None = None, use: str = ""
) -> LocalizeSummary:
    return localize_bag(bag, index, output, config or Config(), no_progress, use)


def edited(bag: Path, output: Path, edit: Edit) -> Path:
    """Copy of a bag; `edit(topic, number of that topic, message)` changes a message in place, or drops it if False."""
    counts: dict[str, int] = {}
    with AnyReader([bag], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader, record(output) as recorder:
        for connection, stamp_ns, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            counts[connection.topic] = number = counts.get(connection.topic, -1) + 1
            if edit(connection.topic, number, message) is not False:
                recorder.write(connection.topic, stamp_ns, message)
    return output


def test_two_runs_give_the_same_bytes(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    for name in ("a.tum", "b.tum"):
        localize(tiny_drive.bag, index, tmp_path / name)
    assert (tmp_path / "a.tum").read_bytes() == (tmp_path / "b.tum").read_bytes()
    assert trace_path(tmp_path / "a.tum").read_bytes() == trace_path(tmp_path / "b.tum").read_bytes()


def test_the_trajectory_holds_the_fixes_of_the_trace(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    easy = ("localizer.fix_probability=0.501", "localizer.fix_chance=0.99", "tracker.evidence_length_m=1")
    sure = load_config(None, easy)
    summary = localize(tiny_drive.bag, index, tmp_path / "a.tum", sure)
    trace = Trace.load(summary.trace)
    fixes = np.isin(trace.status, FIXES)
    stamp_ns, pose = read_tum(tmp_path / "a.tum")
    assert summary.frames == len(trace) and summary.fixes == fixes.sum() > 0
    assert np.array_equal(stamp_ns, trace.stamp_ns[fixes])
    assert pose == pytest.approx(trace.pose[fixes], abs=1e-4)


def test_gps_makes_the_first_frames_surer_and_is_not_heard_unasked(
    tiny_drive: Any, index: Path, tmp_path: Path
) -> None:
    def belief_at_first(bag: Path, use: str) -> float:
        return float(Trace.load(localize(bag, index, tmp_path / "a.tum", use=use).trace).probability[:5].mean())

    deaf = edited(tiny_drive.bag, tmp_path / "deaf.mcap", lambda topic, _, __: topic != "/fix")
    assert belief_at_first(tiny_drive.bag, "fix") > belief_at_first(tiny_drive.bag, "") == belief_at_first(deaf, "")
    with pytest.raises(DatasetError, match="/fix"):
        localize(deaf, index, tmp_path / "a.tum", use="fix")


def test_a_camera_of_unknown_yaw_is_localized_offline_too(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    unknown = load_config(None, ("localizer.camera_yaw=unknown",))
    assert localize(tiny_drive.bag, index, tmp_path / "a.tum", unknown).frames > 0


def test_the_smoothed_drive_holds_every_frame_and_does_not_leap(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    summary = localize_bag(
        tiny_drive.bag, index, tmp_path / "a.tum", Config(), no_progress, "", tmp_path / "smoothed.tum"
    )
    stamp_ns, pose = read_tum(tmp_path / "smoothed.tum")
    assert np.array_equal(stamp_ns, Trace.load(summary.trace).stamp_ns)
    assert np.hypot(*np.diff(pose[:, :2], axis=0).T).max() < 10.0


def test_the_trace_holds_every_frame_and_its_belief(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    trace = Trace.load(localize(tiny_drive.bag, index, tmp_path / "a.tum").trace)
    assert trace.status[0] == LocalizationStatus.INITIALIZING
    for frame in (0, len(trace) - 1):
        _, probability = trace.belief(frame)
        assert 0.5 < probability.sum() < 1.0001  # the rest is off the map
    assert len(trace.belief(len(trace) - 1)[0]) < len(trace.belief(0)[0])  # it narrows down


def test_bad_frames_are_skipped_and_counted(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    def spoil(topic: str, number: int, message: Any) -> None:
        if topic == "/camera/depth" and number in (3, 4):
            message.data = np.full(len(message.data) // 4, np.nan, np.float32).view(np.uint8)
        if topic == "/camera/segmentation" and number == 6:
            message.encoding = "rgb8"

    whole = localize(tiny_drive.bag, index, tmp_path / "whole.tum")
    summary = localize(edited(tiny_drive.bag, tmp_path / "bad.mcap", spoil), index, tmp_path / "a.tum")
    assert (summary.skipped, summary.frames) == (3, whole.frames - 3)
    assert "3 bad frames skipped; the first: no pixel of the depth image is usable" in summary.as_text()


def test_without_any_usable_frame_nothing_is_written(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    def uncalibrate(topic: str, number: int, message: Any) -> None:
        if topic == "/camera/camera_info":
            message.k = np.zeros(9)

    bag = edited(tiny_drive.bag, tmp_path / "bad.mcap", uncalibrate)
    with pytest.raises(DatasetError, match=r"no frame of .* can be used; the first: camera_info is not calibrated"):
        localize(bag, index, tmp_path / "out" / "a.tum")
    assert not (tmp_path / "out").exists()


def test_a_bag_without_depth_and_image_says_what_it_has(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    lost = ("/camera/depth", "/camera/image")
    bag = edited(tiny_drive.bag, tmp_path / "blind.mcap", lambda topic, *_: topic not in lost)
    with pytest.raises(DatasetError, match="neither an image nor both segmentation and depth"):
        localize(bag, index, tmp_path / "a.tum")


def test_given_labels_and_depth_need_no_network(
    tiny_drive: Any, index: Path, tmp_path: Path, round_wall: Any
) -> None:
    summary = localize(tiny_drive.bag, index, tmp_path / "a.tum")
    assert summary.parts == ("segmentation", "depth", "instances") and round_wall.reads == 0
    assert f"{summary.frames} frames localized from segmentation, depth, instances" in summary.as_text()


def test_from_the_image_alone_a_network_reads_every_frame(
    tiny_drive: Any, index: Path, tmp_path: Path, round_wall: Any
) -> None:
    given, read = (localize(tiny_drive.bag, index, tmp_path / f"{use}.tum", use=use) for use in ("", "image"))
    assert read.parts == ("image",) and round_wall.reads == read.frames == given.frames
    likelihoods = [Trace.load(summary.trace).belief(0)[1] for summary in (given, read)]
    assert not np.array_equal(*likelihoods), "the given labels were used"


def test_a_bag_with_an_image_alone_is_read_by_a_network(
    tiny_drive: Any, index: Path, tmp_path: Path, round_wall: Any
) -> None:
    others = ("/camera/segmentation", "/camera/depth", "/camera/instances")
    bag = edited(tiny_drive.bag, tmp_path / "camera.mcap", lambda topic, *_: topic not in others)
    assert localize(bag, index, tmp_path / "a.tum").frames == round_wall.reads > 0


def test_what_the_bag_lacks_cannot_be_wished_for(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    bag = edited(tiny_drive.bag, tmp_path / "blind.mcap", lambda topic, *_: topic != "/camera/image")
    with pytest.raises(DatasetError, match="nothing on /camera/image"):
        localize(bag, index, tmp_path / "a.tum", use="image")


def test_a_config_that_the_index_was_not_made_with_is_refused(tiny_drive: Any, index: Path, tmp_path: Path) -> None:
    other = load_config(None, ("descriptor.method=handcrafted", "descriptor.num_bins=72"))
    with pytest.raises(IndexMismatchError, match="or build it again with `geoloc index`"):
        localize(tiny_drive.bag, index, tmp_path / "a.tum", other)


def test_it_works_with_a_network_and_other_weights_are_refused_by_name(
    tiny_drive: Any, write_network: Callable[..., Path], tmp_path: Path
) -> None:
    files = [write_network(tmp_path / name, run=name) for name in ("good.onnx", "other.onnx")]
    good, other = (load_config(None, ("descriptor.method=learned", f"descriptor.model={file}")) for file in files)
    index_map(tiny_drive.map_file, tmp_path / "tiny.index", None, good, no_progress)
    assert localize(tiny_drive.bag, tmp_path / "tiny.index", tmp_path / "a.tum", good).frames > 0
    ids = [make_encoder(config.descriptor, config.scan).encoder_id for config in (good, other)]
    with pytest.raises(IndexMismatchError, match=f"by encoder '{ids[0]}'.* '{ids[1]}'.*other.onnx.*good.onnx"):
        localize(tiny_drive.bag, tmp_path / "tiny.index", tmp_path / "a.tum", other)


def test_a_map_is_no_index(tiny_drive: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not an artifact"):
        localize(tiny_drive.bag, tmp_path, tmp_path / "a.tum")


@pytest.fixture(scope="module")
def photos(tiny_drive: Any, index: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Config]:
    """Index of what the camera of the drive itself saw ahead, and the config that reads it."""
    folder = tmp_path_factory.mktemp("photos")
    config = Config(photo=PhotoConfig(model=str(write_photo_network(folder / "colours.onnx"))))
    reader, encoder = BagReader(tiny_drive.bag), make_photo_encoder(config.photo)
    frames = list(reader.frames(("image",)))[::3]
    came = [frame.camera_frame() for frame in frames]
    pose = interpolate_poses(*reader.ground_truth(), np.array([frame.stamp_ns for frame in frames]))
    names = tuple(f"{frame.stamp_ns}.jpg" for frame in frames)
    geodetic_deg = np.column_stack(PlaceIndex.load(index).geomap.origin.to_geodetic(pose[:, :2]))
    faces = [cut_faces(one.image, one.camera, one.base_from_camera, config.photo)[0].image for one in came]
    taken, origin, _ = own_frame(
        photo_set("drive", folder, names, pose[:, :2], geodetic_deg=geodetic_deg, yaw_rad=pose[:, 2])
    )
    descriptors = encoder.encode(faces).astype(np.float16)
    PhotoIndex.build(
        taken, origin, descriptors, encoder.encoder_id, {}, SearchConfig(), np.random.default_rng(0)
    ).save(folder / "drive.photos")
    return folder / "drive.photos", config


@pytest.mark.parametrize("use", ["photos", ""])
def test_photos_tell_where_a_drive_is_with_and_without_scans(
    tiny_drive: Any, index: Path, photos: tuple[Path, Config], tmp_path: Path, use: str
) -> None:
    path, config = photos
    summary = localize_bag(tiny_drive.bag, index, tmp_path / "a.tum", config, use=use, photos=path)
    trace = Trace.load(summary.trace)
    truth = interpolate_poses(*BagReader(tiny_drive.bag).ground_truth(), trace.stamp_ns)
    assert np.hypot(*(trace.pose - truth)[-1, :2]) < 15.0
    assert 8 <= summary.looked_up <= 13 and summary.bad_images == 0 and summary.skipped == 0
    assert summary.parts == (() if use else ("segmentation", "depth", "instances"))
    assert "images looked up among photos" in summary.as_text()


def test_images_that_cannot_be_looked_up_are_counted_and_the_drive_goes_on(
    tiny_drive: Any, index: Path, photos: tuple[Path, Config], tmp_path: Path
) -> None:
    def blacken(topic: str, number: int, message: Any) -> None:
        if topic == "/camera/image" and number < 10:
            message.data = np.zeros_like(message.data)

    path, config = photos
    bag = edited(tiny_drive.bag, tmp_path / "black.mcap", blacken)
    summary = localize_bag(bag, index, tmp_path / "a.tum", config, use="photos", photos=path)
    assert summary.bad_images > 0 and summary.looked_up > 0 and "bad ones" in summary.as_text()


def test_photos_of_another_town_are_refused(
    tiny_drive: Any, index: Path, photos: tuple[Path, Config], tmp_path: Path
) -> None:
    path, config = photos
    here = PhotoIndex.load(path)
    assert here.origin is not None
    away = replace(here.photos, geodetic_deg=here.photos.geodetic_deg + np.array([1.0, 0.0]))
    PhotoIndex.build(
        away, here.origin, np.asarray(here.descriptors), here.encoder_id, {}, SearchConfig(), np.random.default_rng(0)
    ).save(tmp_path / "away.photos")
    with pytest.raises(IndexMismatchError, match=r"none of the \d+ photos .* is 11\d\.\d km beside it"):
        localize_bag(tiny_drive.bag, index, tmp_path / "a.tum", config, photos=tmp_path / "away.photos")


def test_photos_only_needs_photos_and_photos_their_network(
    tiny_drive: Any, index: Path, photos: tuple[Path, Config], tmp_path: Path
) -> None:
    path, _ = photos
    with pytest.raises(ConfigError, match="--photos"):
        localize_bag(tiny_drive.bag, index, tmp_path / "a.tum", Config(), use="photos")
    other = Config(photo=PhotoConfig(model=str(write_photo_network(tmp_path / "other.onnx", 12, 16))))
    with pytest.raises(IndexMismatchError, match=r"photo\.model"):
        localize_bag(tiny_drive.bag, index, tmp_path / "a.tum", other, photos=path)
