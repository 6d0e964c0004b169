"""The command line as a user meets it: a process with arguments, two streams and an exit status."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geoloc_ros import __version__
from geoloc_ros.cli import app

VERBS = ("index", "simulate", "localize", "evaluate", "report", "run", "play", "demo", "map", "export", "curate")

# A verb that begins an artifact and never ends it, in place of the real one.
ENDLESS_INDEX = """
import sys, time, types
from geoloc_ros.core.artifacts import write_artifact
from geoloc_ros.core.errors import MapError
import geoloc_ros.cli

def index_map(map_file, output, crop, config, progress):
    progress("reading the map", 0.5)
    if map_file.name == "bad.osm":
        raise MapError("map 'bad.osm' is empty; give another")
    if map_file.name == "large.osm":
        raise OSError(28, "No space left on device", "x.index/half.npy")
    with write_artifact(output, "index", 1, {}) as writer:
        writer.file("half.npy").write_bytes(b"half")
        print("writing", flush=True)
        time.sleep(60)

sys.modules["geoloc_ros.index"] = types.SimpleNamespace(index_map=index_map, parse_crop=str)
sys.argv = ["geoloc", *sys.argv[1:]]
geoloc_ros.cli.main()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "geoloc_ros.cli", *arguments], capture_output=True, text=True)


def run_endless(*arguments: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ENDLESS_INDEX, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)


def test_version_is_that_of_the_package() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"geoloc_ros {__version__}\n")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    done = CliRunner().invoke(app, [verb, "--help"])
    assert done.exit_code == 0 and "Usage" in done.output


def test_unknown_option_exits_2_and_names_it() -> None:
    done = run("index", "city.osm", "--colour")
    assert done.returncode == 2 and "--colour" in done.stderr and done.stdout == ""


def test_a_mistake_is_one_line_on_stderr_and_status_1(tmp_path: Path) -> None:
    process = run_endless("index", "bad.osm", "-o", str(tmp_path / "x.index"))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1] == "error: map 'bad.osm' is empty; give another" and "Traceback" not in err


def test_a_disk_that_is_full_is_one_line_too(tmp_path: Path) -> None:
    process = run_endless("index", "large.osm", "-o", str(tmp_path / "x.index"))
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "Traceback" not in err
    assert err.splitlines()[-1].startswith("error: 'x.index/half.npy': No space left on device; see that ")


def test_a_config_mistake_names_the_key(tmp_path: Path) -> None:
    process = run_endless("index", "city.osm", "-o", str(tmp_path / "x.index"), "-s", "map.colour=3")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "map.colour" in err and "Traceback" not in err


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_half_written(signum: signal.Signals, status: int, tmp_path: Path) -> None:
    process = run_endless("index", "city.osm", "-o", str(tmp_path / "x.index"))
    assert process.stdout is not None and process.stdout.readline() == "writing\n"
    process.send_signal(signum)
    _, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert err.splitlines()[-1] == f"interrupted by {signum.name}" and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_each_stage_is_one_line(tmp_path: Path) -> None:
    process = run_endless("index", "bad.osm", "-o", str(tmp_path / "x.index"))
    _, err = process.communicate(timeout=20)
    assert [line for line in err.splitlines() if line.endswith("s] reading the map")] == err.splitlines()[:1]


def test_in_a_terminal_a_bar_shows_the_stage(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = run_endless("index", "city.osm", "-o", str(tmp_path / "x.index"), stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"50 %" not in seen and select.select([ours], [], [], 10.0)[0]:
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
    os.close(ours)
    assert b"reading the map" in seen and b"50 %" in seen and process.returncode == 143
