"""Runs by itself, on one core: from an image to the pose, and voting at 640x480, in milliseconds.

`python _landmark_timing.py LANDMARKS SCENE ROUNDS` prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from _landmark_methods import finder_of
from _landmark_voting import made_up_maps, vote_plainly
from _timing import keep_to_one_core, take_turns

from geoloc_ros.core.landmark_config import VotingConfig
from geoloc_ros.core.landmarks import CameraPose
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.progress import no_progress
from geoloc_ros.datasets.scenes.open_scene import open_scene
from geoloc_ros.landmarks.finder import STAGES
from geoloc_ros.landmarks.voting import vote


def main() -> None:
    """Measure and print."""
    landmarks, scene, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    keep_to_one_core()
    print(json.dumps({"pose": _pose_ms(landmarks, scene, rounds), "voting": _voting_ms(rounds)}))


def _pose_ms(landmarks: Path, scene: Path, rounds: int) -> dict[str, float]:
    """Medians over different views, and what the views were like; the first two warm up."""
    finder, images = finder_of(landmarks), open_scene(scene, no_progress).test
    sightings = []
    for turn in range(rounds + 2):
        row = turn % len(images)
        image = read_photo(images.path(row))
        sightings.append(finder.look(image, images.camera[row], np.random.default_rng(row)))
    timed = sightings[2:]
    stages = {stage: 1e3 * float(np.median([one.seconds[stage] for one in timed])) for stage in STAGES}
    total = 1e3 * float(np.median([sum(one.seconds.values()) for one in timed]))
    voted = float(np.median([len(one.voted.landmark) for one in timed]))
    found = float(np.mean([isinstance(one.answer, CameraPose) for one in timed]))
    return {**stages, "total": total, "voted": voted, "found": found, "views": float(len(timed))}


def _voting_ms(rounds: int) -> dict[str, float]:
    """Medians of the kernel and of plain numpy, and how far each is off."""
    rng, config = np.random.default_rng(0), VotingConfig()
    label, direction, true_px = made_up_maps(rng)
    native = take_turns({"native": lambda: vote(label, direction, 1, config, np.random.default_rng(0))}, rounds)
    voted = vote(label, direction, 1, config, np.random.default_rng(0))
    before_s = time.perf_counter()
    plain_px = vote_plainly(label, direction, config, np.random.default_rng(0))
    plain_s = time.perf_counter() - before_s  # seconds, of which warming up is no part
    off_px = np.linalg.norm(voted.pixel - true_px[voted.landmark - 1], axis=1)
    plain_off_px = np.linalg.norm(plain_px - true_px, axis=1)
    return {
        "native": 1e3 * float(np.median(native["native"])), "plain": 1e3 * plain_s,
        "found": float(len(voted.landmark)), "off_px": float(np.median(off_px)),
        "plain_off_px": float(np.nanmedian(plain_off_px)),
    }  # fmt: skip


if __name__ == "__main__":
    main()
