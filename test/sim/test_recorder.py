from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from geoloc_ros.core.camera import Camera
from geoloc_ros.core.camera_info import camera_from_info
from geoloc_ros.core.errors import DatasetError
from geoloc_ros.sim import messages
from geoloc_ros.sim.recorder import record


def write_one(path: Path) -> None:
    with record(path) as recorder:
        recorder.write("/camera/image", 7, messages.image(7, np.arange(24, dtype=np.uint8).reshape(2, 4, 3)))


@pytest.mark.parametrize("name", ["a.mcap", "folder"])
def test_what_is_written_is_read_back_from_a_file_and_from_a_folder(tmp_path: Path, name: str) -> None:
    write_one(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with Reader(tmp_path / name) as reader:
        ((connection, stamp_ns, data),) = reader.messages()
        message = messages.typestore().deserialize_cdr(data, connection.msgtype)
    assert (connection.topic, stamp_ns, message.header.stamp.nanosec) == ("/camera/image", 7, 7)
    assert (message.encoding, message.height, message.width, message.step) == ("rgb8", 2, 4, 12)
    assert message.data.tolist() == list(range(24))


@pytest.mark.parametrize("name", ["a.mcap", "folder"])
def test_an_interrupted_recording_leaves_nothing_and_the_old_bag_alone(tmp_path: Path, name: str) -> None:
    write_one(tmp_path / name)
    with pytest.raises(KeyboardInterrupt), record(tmp_path / name):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with Reader(tmp_path / name) as reader:
        assert reader.message_count == 1


@pytest.mark.parametrize("name", ["a.mcap", "folder"])
def test_a_bag_is_replaced(tmp_path: Path, name: str) -> None:
    write_one(tmp_path / name)
    with record(tmp_path / name):
        pass
    with Reader(tmp_path / name) as reader:
        assert reader.message_count == 0


def test_a_folder_that_is_no_bag_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    with pytest.raises(DatasetError, match="not a bag"):
        write_one(tmp_path / "thesis")


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="choose another place"):
        write_one(tmp_path / "file" / "a.mcap")


@pytest.mark.parametrize("camera", [Camera.equirectangular(64, 20), Camera.pinhole(64, 48, 1.5)])
def test_a_camera_survives_the_message(camera: Camera) -> None:
    info = messages.camera_info(0, camera)
    assert camera_from_info(info) == camera
    assert info.p[[0, 2, 5, 6, 10]].tolist() == info.k[[0, 2, 4, 5, 8]].tolist()
