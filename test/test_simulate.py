import hashlib
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore

from geoloc_ros.core.config import load_config
from geoloc_ros.core.errors import BackendError, ConfigError, MapError
from geoloc_ros.core.geometry import yaw_from_quaternion
from geoloc_ros.core.progress import no_progress
from geoloc_ros.index import index_map
from geoloc_ros.maps.osm import load_map
from geoloc_ros.simulate import DriveSummary, simulate_drive

embree = pytest.mark.skipif(find_spec("embreex") is None, reason="embreex has wheels for x86-64 only")

TYPES = {
    "/camera/image": "sensor_msgs/msg/Image", "/camera/depth": "sensor_msgs/msg/Image",
    "/camera/segmentation": "sensor_msgs/msg/Image", "/camera/instances": "sensor_msgs/msg/Image",
    "/camera/camera_info": "sensor_msgs/msg/CameraInfo", "/odom": "nav_msgs/msg/Odometry",
    "/ground_truth": "nav_msgs/msg/Odometry", "/imu": "sensor_msgs/msg/Imu", "/fix": "sensor_msgs/msg/NavSatFix",
    "/tf": "tf2_msgs/msg/TFMessage", "/tf_static": "tf2_msgs/msg/TFMessage",
}
ENCODINGS = {"image": "rgb8", "depth": "32FC1", "segmentation": "mono8", "instances": "16UC1"}
SMALL = ("sim.city_size_m=250", "sim.width=64", "sim.height=20")


def simulate(
    bag: Path, seed: int = 0, length_m: float = 20.0, settings: tuple[str, ...] = (), source: str = "procedural"
) -> DriveSummary:
    config = load_config(None, (*SMALL, *settings))
    return simulate_drive(Path(source), bag, None, seed, length_m, config, no_progress)


def read(bag: Path) -> dict[str, list[tuple[int, Any]]]:
    types = get_typestore(Stores.ROS2_KILTED)
    messages: dict[str, list[tuple[int, Any]]] = {}
    with Reader(bag) as reader:
        for connection, stamp_ns, data in reader.messages():
            messages.setdefault(connection.topic, []).append(
                (stamp_ns, types.deserialize_cdr(data, connection.msgtype))
            )
    return messages


def position_m(odometry: Any) -> np.ndarray:
    point = odometry.pose.pose.position
    return np.array([point.x, point.y])


@pytest.fixture(scope="module")
def drive(tiny_drive: Any) -> dict[str, list[tuple[int, Any]]]:
    return read(tiny_drive.bag)


def test_the_bag_has_every_topic_with_its_type(tiny_drive: Any) -> None:
    with Reader(tiny_drive.bag) as reader:
        assert {connection.topic: connection.msgtype for connection in reader.connections} == TYPES
        assert all(connection.msgcount > 0 for connection in reader.connections)


def test_all_messages_of_an_image_carry_its_stamp_and_have_odometry_and_truth(drive: dict[str, Any]) -> None:
    stamps = {topic: [stamp for stamp, _ in messages] for topic, messages in drive.items()}
    images = stamps["/camera/image"]
    for topic in ("/camera/depth", "/camera/segmentation", "/camera/instances", "/camera/camera_info"):
        assert stamps[topic] == images
    assert set(images) <= set(stamps["/odom"]) & set(stamps["/ground_truth"])
    assert set(np.diff(images)) == {200_000_000}
    assert set(np.diff(stamps["/odom"])) == {20_000_000}
    for topic, messages in drive.items():
        if topic not in ("/tf", "/tf_static"):
            for stamp, message in messages:
                assert message.header.stamp.sec * 10**9 + message.header.stamp.nanosec == stamp


def test_images_are_encoded_as_agreed(drive: dict[str, Any]) -> None:
    encodings = {topic: drive[f"/camera/{topic}"][0][1].encoding for topic in ENCODINGS}
    assert encodings == ENCODINGS
    info = drive["/camera/camera_info"][0][1]
    assert (info.distortion_model, info.width, info.height) == ("equirectangular", 256, 80)


def test_frames_are_named_as_agreed(drive: dict[str, Any]) -> None:
    odometry, truth = drive["/odom"][0][1], drive["/ground_truth"][0][1]
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "base_link")
    assert (truth.header.frame_id, truth.child_frame_id) == ("map", "base_link")
    assert drive["/camera/image"][0][1].header.frame_id == "camera_optical"
    moving, static = drive["/tf"][0][1].transforms[0], drive["/tf_static"][0][1].transforms[0]
    assert (moving.header.frame_id, moving.child_frame_id) == ("odom", "base_link")
    assert (static.header.frame_id, static.child_frame_id) == ("base_link", "camera_optical")


def test_truth_lies_on_the_streets_of_the_map_file_beside_the_bag(tiny_drive: Any, drive: dict[str, Any]) -> None:
    city = load_map(tiny_drive.map_file)
    points_m = np.array([position_m(message) for _, message in drive["/ground_truth"][::25]])
    gaps_m = np.linalg.norm(points_m[:, None] - city.roads.point_m[None], axis=2).min(axis=1)
    # Bends of a street are some 12 m apart, and the lane is up to 2 m aside.
    assert gaps_m.max() < 9.0
    assert abs(np.linalg.norm(np.diff(points_m, axis=0), axis=1).sum() - 60.0) < 3.0


def test_satellite_fixes_are_near_the_truth_on_the_globe(tiny_drive: Any, drive: dict[str, Any]) -> None:
    origin = load_map(tiny_drive.map_file).origin
    truth = {stamp: position_m(message) for stamp, message in drive["/ground_truth"]}
    for stamp, fix in drive["/fix"]:
        fix_m = origin.to_map(np.array(fix.latitude), np.array(fix.longitude))
        assert np.linalg.norm(fix_m - truth[stamp]) < 30.0


@embree
def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        simulate(tmp_path / f"{name}.mcap", seed)
        digests.append(hashlib.sha256((tmp_path / f"{name}.mcap").read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


@embree
def test_without_noise_odometry_gives_the_truth(tmp_path: Path) -> None:
    simulate(tmp_path / "drive.mcap", settings=("sim.noise=none",))
    messages = read(tmp_path / "drive.mcap")
    start, end = messages["/ground_truth"][0][1], messages["/ground_truth"][-1][1]
    quaternion = start.pose.pose.orientation
    yaw = yaw_from_quaternion(np.array([quaternion.x, quaternion.y, quaternion.z, quaternion.w]))
    rotation = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
    found = position_m(start) + rotation @ position_m(messages["/odom"][-1][1])
    assert np.linalg.norm(found - position_m(end)) < 1e-6


@embree
def test_a_pinhole_camera_and_a_folder_can_be_asked_for(tmp_path: Path) -> None:
    settings = ("sim.camera=pinhole", "sim.height=48", "sim.rate_hz=10", "sim.fov_deg=90")
    summary = simulate(tmp_path / "drive", settings=settings)
    messages = read(tmp_path / "drive")
    info = messages["/camera/camera_info"][0][1]
    assert (info.distortion_model, info.width, info.height, round(info.k[0])) == ("plumb_bob", 64, 48, 32)
    assert set(np.diff([stamp for stamp, _ in messages["/camera/image"]])) == {10**8}
    assert summary.num_frames == len(messages["/camera/image"])


@embree
def test_a_map_file_is_driven_through(tiny_drive: Any, tmp_path: Path) -> None:
    summary = simulate(tmp_path / "drive.mcap", source=str(tiny_drive.map_file))
    assert summary.num_map_buildings == len(load_map(tiny_drive.map_file).buildings)
    assert not (tmp_path / "drive.osm").exists()
    assert re.search(r"20 m in \d+ s, \d+ frames", summary.as_text())


@embree
def test_an_index_is_driven_through_like_the_map_file_it_was_made_from(tiny_drive: Any, tmp_path: Path) -> None:
    index_map(tiny_drive.map_file, tmp_path / "index", None, load_config(None, ()), no_progress)
    for name, source in (("a.mcap", tiny_drive.map_file), ("b.mcap", tmp_path / "index")):
        simulate(tmp_path / name, source=str(source))
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()
    with pytest.raises(ConfigError, match="crop of its own"):
        simulate_drive(
            tmp_path / "index", tmp_path / "c.mcap", (1.0, 2.0, 3.0, 4.0), 0, 20.0, load_config(None, ()), no_progress
        )


@pytest.mark.parametrize("length_m", [0.0, -5.0, float("nan"), float("inf")])
def test_a_length_that_cannot_be_driven_is_refused(tmp_path: Path, length_m: float) -> None:
    with pytest.raises(ConfigError, match="--length"):
        simulate(tmp_path / "drive.mcap", length_m=length_m)


def test_an_unknown_noise_level_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sim\.noise.*'heavy'"):
        simulate(tmp_path / "drive.mcap", settings=("sim.noise=heavy",))


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="seed -1"):
        simulate(tmp_path / "drive.mcap", seed=-1)


def test_a_panorama_higher_than_a_ball_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at most 32"):
        simulate(tmp_path / "drive.mcap", settings=("sim.height=40",))


def test_a_map_without_roads_is_refused(tmp_path: Path) -> None:
    house = "".join(f'<node id="{i}" lat="{48 + y}" lon="{9 + x}"/>' for i, (x, y) in enumerate(
        [(0, 0), (1e-4, 0), (1e-4, 1e-4)], start=1
    ))
    way = '<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/></way>'
    (tmp_path / "map.osm").write_text(f'<osm version="0.6">{house}{way}</osm>')
    with pytest.raises(MapError, match="roads"):
        simulate(tmp_path / "drive.mcap", source=str(tmp_path / "map.osm"))


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="procedural"):
        simulate(tmp_path / "drive.mcap", source=str(tmp_path / "nowhere.osm"))


def test_without_a_ray_caster_the_way_out_is_named_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "embreex.mesh_construction", None)
    with pytest.raises(BackendError, match="x86-64"):
        simulate(tmp_path / "drive.mcap")
    assert not list(tmp_path.iterdir())


@embree
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_simulation_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    settings = [part for setting in SMALL for part in ("-s", setting)]
    command = [sys.executable, "-m", "geoloc_ros.cli", "simulate", "procedural", "-o", str(tmp_path / "drive.mcap")]
    process = subprocess.Popen([*command, "--length", "5000", *settings], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30.0
    while not list(tmp_path.glob(".*/*/*.mcap")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20.0)
    assert process.returncode != 0
    assert b"Traceback" not in errors
    assert not list(tmp_path.iterdir())
