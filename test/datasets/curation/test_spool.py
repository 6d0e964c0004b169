from pathlib import Path

import numpy as np

from geoloc_ros.datasets.curation.spool import FrameSpool

from .drives import CONFIG, ordered, straight


def test_frames_come_back_by_window_in_the_one_order_whatever_order_they_came_in(tmp_path: Path) -> None:
    frames = np.concatenate([straight(user, 0, np.arange(-700.0, 700.0, 10.0)) for user in "ab"])
    texts = tuple(f"frame {number}\0file".encode() for number in range(len(frames)))
    rng = np.random.default_rng(0)
    results = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        spool = FrameSpool(tmp_path / name, CONFIG.window_m)
        order = rng.permutation(len(frames))
        for rows in np.array_split(order, 3):
            spool.add(frames[rows], tuple(texts[row] for row in rows))
        windows = list(spool.windows())
        held = [spool.frames(window) for window in windows]
        results.append([(window.key, spool.texts(some), some["digest"].tolist())
                        for window, some in zip(windows, held, strict=True)])  # fmt: skip
        assert [window.count for window in windows] == [len(some) for some in held] and len(windows) == 3
    assert results[0] == results[1]
    keys, digests = zip(*[(key, digest) for key, _, some in results[0] for digest in some], strict=True)
    assert list(keys) == sorted(keys) and sorted(digests) == sorted(frames["digest"].tolist())
    text_of = dict(zip(frames["digest"].tolist(), texts, strict=True))
    for _, found, some in results[0]:
        assert [f"{frame}\0{file}".encode() for frame, file in found] == [text_of[each] for each in some]


def test_the_order_within_a_window_is_that_of_the_test_helper(tmp_path: Path) -> None:
    frames = np.concatenate([straight(user, 0, np.arange(-100.0, 100.0, 10.0)) for user in "abc"])
    spool = FrameSpool(tmp_path, CONFIG.window_m)
    spool.add(frames, (b"x\0",) * len(frames))
    (window,) = spool.windows()
    assert spool.frames(window)["digest"].tolist() == ordered(frames)["digest"].tolist()


def test_an_empty_spool_has_no_windows(tmp_path: Path) -> None:
    assert list(FrameSpool(tmp_path, CONFIG.window_m).windows()) == []
