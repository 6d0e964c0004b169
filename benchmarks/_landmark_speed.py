"""How long an image takes on one core: measured by `_landmark_timing.py` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from _landmark_findings import Findings

from geoloc_ros.core.errors import BackendError
from geoloc_ros.landmarks.finder import STAGES


def measure_speed(landmarks: Path, scene: Path, rounds: int, findings: Findings) -> None:
    """Of an artifact, on views of its scene."""
    script = Path(__file__).with_name("_landmark_timing.py")
    done = subprocess.run(
        [sys.executable, str(script), str(landmarks), str(scene), str(rounds)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BackendError(f"the process that measures times ended with {done.returncode}: {done.stderr[-500:]}")
    measured = json.loads(done.stdout.splitlines()[-1])
    pose, voting = measured["pose"], measured["voting"]
    views = int(pose["views"])
    findings.figure("image_to_pose_ms", pose["total"], "ms", views)
    for stage in STAGES:
        findings.figure(f"stage_{stage}_ms", pose[stage], "ms", views)
        findings.row("speed", stage=stage, ms=pose[stage], views=views)
    voted, found = pose["voted"], pose["found"]
    findings.row("speed", stage="image to pose", ms=pose["total"], views=views, voted=voted, found=found)
    findings.figure("voting_ms", voting["native"], "ms", rounds)
    findings.figure("voting_speedup", voting["plain"] / voting["native"])
    findings.row("voting", way="ours", ms=voting["native"], off_px=voting["off_px"], found=voting["found"])
    findings.row("voting", way="plain numpy", ms=voting["plain"], off_px=voting["plain_off_px"])
    findings.row("speed", stage="image to pose on a GPU", ms=None)
