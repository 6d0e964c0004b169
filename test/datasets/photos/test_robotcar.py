from pathlib import Path

import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.datasets.photos.collection import find_layout, load_collection
from geoloc_ros.datasets.photos.robotcar import SPACING_M

from .trees import put_text, touch

OVERCAST, NIGHT = "2014-11-28-12-07-13", "2014-12-10-18-10-50"
BEGAN_US = 1417176456000000
INS = "timestamp,ins_status,latitude,longitude,altitude,northing,easting,down,utm_zone,velocity_north,velocity_east,"
INS += "velocity_down,roll,pitch,yaw\n"
RTK = INS.replace("ins_status,", "")


def put_run(run: Path, seconds: int = 10, table: str = "ins.csv", yaw: float = 0.0) -> Path:
    """A drive to the north at 1 m/s with a pose every second and a picture every half."""
    status = "INS_SOLUTION_GOOD," if table == "ins.csv" else ""
    put_text(
        run / "gps" / table,
        (INS if status else RTK)
        + "".join(
            f"{BEGAN_US + second * 1000000},{status}51.7,-1.2,110,{5735000.0 + second},620000.0,0,30U,1,0,0,0,0,{yaw}\n"
            for second in range(seconds)
        ),
    )
    touch(*(run / "stereo" / "centre" / f"{BEGAN_US + half * 500000}.png" for half in range(2 * seconds)))
    return run


def test_a_photo_every_few_metres_between_the_poses_around_it(tmp_path: Path) -> None:
    run = put_run(tmp_path / OVERCAST, 14)
    touch(run / "stereo" / "centre" / f"{BEGAN_US + 15000000}.png")
    collection = load_collection(tmp_path)
    photos = collection.database
    assert find_layout(tmp_path).kind == "robotcar"
    # The camera is 1.7132 m before the unit that the poses are of.
    np.testing.assert_allclose(photos.position_m, [[620000.0, 5735001.7132 + at] for at in (0, 5, 10)], atol=1e-6)
    np.testing.assert_allclose(photos.yaw_rad, np.pi / 2, atol=1e-9)
    assert photos.stamp_ns.tolist() == [(BEGAN_US + at * 1000000) * 1000 for at in (0, 5, 10)]
    assert photos.condition == ("overcast",) * 3 and len(collection.queries) == 0
    assert np.linalg.norm(np.diff(photos.position_m, axis=0), axis=1).min() >= SPACING_M
    assert [problem.reason for problem in collection.problems] == ["no pose within 0.5 s of it"]  # after the last


def test_overcast_is_searched_and_the_other_runs_ask(tmp_path: Path) -> None:
    put_run(tmp_path / "2014-05-01-00-00-00")
    put_run(tmp_path / NIGHT)
    put_run(tmp_path / OVERCAST)
    collection = load_collection(tmp_path)
    assert set(collection.database.condition) == {"overcast"}
    assert set(collection.queries.condition) == {"", "night"}
    assert collection.queries.sequence.tolist() == [0, 0, 2, 2]
    assert len(load_collection(f"{tmp_path}@night").database) == 2
    with pytest.raises(DatasetError, match="has no run 'fog'"):
        load_collection(f"{tmp_path}@fog")


def test_folders_of_runs_name_the_condition(tmp_path: Path) -> None:
    put_run(tmp_path / "overcast" / NIGHT)
    put_run(tmp_path / "dusk" / "2015-02-20-16-34-06")
    collection = load_collection(tmp_path)
    assert set(collection.database.condition) == {"overcast"} and set(collection.queries.condition) == {"dusk"}


def test_the_better_table_is_taken_and_bad_poses_are_not(tmp_path: Path) -> None:
    run = put_run(tmp_path / OVERCAST)
    put_run(run, table="rtk.csv", yaw=1.5707963267948966)
    np.testing.assert_allclose(load_collection(run).database.yaw_rad, 0.0, atol=1e-9)  # east
    (run / "gps" / "rtk.csv").rename(run / "rtk.csv")
    np.testing.assert_allclose(load_collection(run).database.yaw_rad, 0.0, atol=1e-9)
    (run / "rtk.csv").unlink()
    ins = run / "gps" / "ins.csv"
    ins.write_text(ins.read_text().replace("INS_SOLUTION_GOOD", "INS_ALIGNING"))
    with pytest.raises(DatasetError, match="holds no good pose"):
        load_collection(run)


def test_a_run_without_pictures_is_told(tmp_path: Path) -> None:
    put_run(tmp_path / OVERCAST)
    put_text(tmp_path / NIGHT / "gps" / "ins.csv", INS)
    assert [problem.file for problem in load_collection(tmp_path).problems][-1] == NIGHT
