from dataclasses import replace

import numpy as np
import pytest

from geoloc_ros.core.progress import no_progress
from geoloc_ros.evaluation.photos import sequence_recall
from geoloc_ros.evaluation.photos.recall import Recall
from geoloc_ros.evaluation.photos.retrieved import RetrievedPhotos
from geoloc_ros.evaluation.photos.sequence_recall import measure_sequences

from .street import PLACES, places_seen, searched, street


@pytest.fixture
def drives() -> RetrievedPhotos:
    """Two drives along the street, mixed in their table, and a photo by itself; some photos see another place."""
    at = [0, 10, 1, 11, 2, 12, 3, 13, 19]
    seen = [0, 3, 1, 11, 17, 12, 3, 13, 5]
    queries = replace(street("query", at), sequence=np.array([0, 1] * 4 + [-1], np.int32))
    return searched(queries, places_seen(seen))


def _recalls(retrieved: RetrievedPhotos) -> dict[str, Recall]:
    asked = np.arange(len(retrieved.queries))
    positives = retrieved.positives(asked, np.arange(PLACES), 5.0, np.pi)
    return {each.name: each for each in measure_sequences(retrieved, asked, positives, 0, no_progress)}


def test_the_tracker_knows_better_than_a_photo_that_is_mistaken(drives: RetrievedPhotos) -> None:
    recalls = _recalls(drives)
    assert recalls["single"].share[0] == pytest.approx(6 / 9)
    assert recalls["tracker_waits"].share[0] >= 7 / 9


def test_drive_by_drive_gives_what_all_at_once_gives(drives: RetrievedPhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = _recalls(drives)
    monkeypatch.setattr(sequence_recall, "_PAIRS_AT_ONCE", 1)
    assert _recalls(drives) == at_once


def test_photos_by_themselves_and_too_long_drives_have_no_sequences(
    drives: RetrievedPhotos, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alone = replace(drives, queries=replace(drives.queries, sequence=np.full(9, -1, np.int32)))
    assert _recalls(alone) == {}
    monkeypatch.setattr(sequence_recall, "MOST_PAIRS", 79)
    assert _recalls(drives) == {}
    assert "a drive of 4 among 20 photos" in caplog.text
