from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from geoloc_ros.cli import app
from geoloc_ros.core.config import load_config
from geoloc_ros.core.errors import ConfigError, DatasetError
from geoloc_ros.core.progress import no_progress
from geoloc_ros.simulate_photos import SHEET, PhotoOptions, simulate_photos

embree = pytest.mark.skipif(find_spec("embreex") is None, reason="embreex has wheels for x86-64 only")

SMALL = ("sim.city_size_m=300", "sim.photo_width=32", "sim.photo_height=24")


@embree
def test_photos_of_a_made_up_city_come_with_a_sheet_to_look_at(tmp_path: Path) -> None:
    options = PhotoOptions(3, 2, "overcast", "night,snow", 0)
    summary = simulate_photos(
        Path("procedural"), tmp_path, None, options, load_config(None, SMALL), no_progress
    )
    assert summary.count == (("database", 6), ("queries_night", 2), ("queries_snow", 2))
    assert len(list((tmp_path / "database").iterdir())) == 6
    sheet = cv2.imread(str(tmp_path / SHEET))
    assert sheet.shape[1] == 2 * (32 + 4)
    assert "10 photos" in summary.as_text()
    more = PhotoOptions(4, 2, "overcast", "night,snow", 0)
    with pytest.raises(DatasetError, match="places 3, not 4"):
        simulate_photos(Path("procedural"), tmp_path, None, more, load_config(None, SMALL), no_progress)
    assert len(list((tmp_path / "database").iterdir())) == 6


@embree
def test_the_command_does_the_same(tmp_path: Path) -> None:
    settings = [part for setting in SMALL for part in ("-s", setting)]
    arguments = ["simulate", "photos", "procedural", "-o", str(tmp_path), "--places", "2", "--queries", "0", *settings]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0 and "database 4" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (PhotoOptions(3, 2, "dusk", "night", 0), "dusk"),
        (PhotoOptions(3, 2, "noon", "", 0), "names no conditions"),
        (PhotoOptions(0, 2, "noon", "night", 0), "0 places"),
        (PhotoOptions(3, 2, "noon", "night", -1), "seed -1"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, options: PhotoOptions, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        simulate_photos(Path("procedural"), tmp_path, None, options, load_config(None, SMALL), no_progress)


def test_a_drive_needs_no_word_before_its_source() -> None:
    help_of_drive = CliRunner().invoke(app, ["simulate", "procedural", "--help"]).output
    assert "--length" in help_of_drive
    assert "photos" in CliRunner().invoke(app, ["simulate", "--help"]).output
