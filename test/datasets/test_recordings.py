from pathlib import Path

import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.recordings import find_recordings


def put(*bags: Path) -> None:
    for bag in bags:
        bag.parent.mkdir(parents=True, exist_ok=True)
        bag.touch()


def test_a_folder_names_the_condition_and_its_bags_the_drives(tmp_path: Path) -> None:
    put(tmp_path / "rain" / "b.mcap", tmp_path / "rain" / "a.mcap", tmp_path / "rain" / "notes.txt")
    found = find_recordings([str(tmp_path / "rain")])
    assert [(each.condition, each.name, each.bag.name) for each in found] == [
        ("rain", "a", "a.mcap"), ("rain", "b", "b.mcap"),
    ]


def test_a_name_before_the_folder_wins(tmp_path: Path) -> None:
    put(tmp_path / "rain" / "a.mcap")
    assert [each.condition for each in find_recordings([f"wet={tmp_path / 'rain'}"])] == ["wet"]


def test_a_folder_whose_name_holds_the_sign_is_that_folder(tmp_path: Path) -> None:
    put(tmp_path / "speed=5" / "a.mcap")
    assert [each.condition for each in find_recordings([str(tmp_path / "speed=5")])] == ["speed=5"]


def test_a_single_bag_belongs_to_the_folder_it_lies_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "night" / "a.mcap")
    monkeypatch.chdir(tmp_path / "night")
    assert [(each.condition, each.name) for each in find_recordings(["a.mcap"])] == [("night", "a")]


def test_a_rosbag2_folder_is_a_bag_and_not_a_folder_of_bags(tmp_path: Path) -> None:
    put(tmp_path / "rain" / "drive" / "metadata.yaml", tmp_path / "rain" / "drive" / "drive_0.mcap")
    found = find_recordings([str(tmp_path / "rain")])
    assert [(each.condition, each.name) for each in found] == [("rain", "drive")]
    assert find_recordings([str(tmp_path / "rain" / "drive")]) == found


def test_two_drives_of_one_name_are_refused_until_their_conditions_differ(tmp_path: Path) -> None:
    put(tmp_path / "one" / "rain" / "a.mcap", tmp_path / "two" / "rain" / "a.mcap")
    with pytest.raises(DatasetError, match="two drives are called 'rain/a'"):
        find_recordings([str(tmp_path / "one" / "rain"), str(tmp_path / "two" / "rain")])
    assert len(find_recordings([str(tmp_path / "one" / "rain"), f"more={tmp_path / 'two' / 'rain'}"])) == 2


def test_nothing_to_evaluate_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no bag"):
        find_recordings([str(tmp_path / "empty")])
    with pytest.raises(DatasetError, match="no bag and no folder of bags"):
        find_recordings([str(tmp_path / "nowhere")])


@pytest.mark.parametrize("name", ["a/b", "..", ""])
def test_a_condition_must_name_a_folder(name: str, tmp_path: Path) -> None:
    put(tmp_path / "a.mcap")
    with pytest.raises(DatasetError, match="cannot name a condition"):
        find_recordings([f"{name}={tmp_path}"])
