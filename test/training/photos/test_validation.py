from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'geoloc_ros[train]'")

from geoloc_ros.core.errors import DatasetError  # noqa: E402
from geoloc_ros.core.photos import PhotoCollection, PhotoSet, photo_set  # noqa: E402
from geoloc_ros.training.photos.training_photos import join_collections  # noqa: E402
from geoloc_ros.training.photos.validation import prepare_validation  # noqa: E402


class MeanColour(torch.nn.Module):
    """Describes a photo by red, green and blue."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.mean(dim=(2, 3))


def photos(folder: Path, name: str, rows: list[tuple[float, tuple[int, int, int]]]) -> PhotoSet:
    """Of one colour each, red first, on a line."""
    files = []
    for number, (_, colour) in enumerate(rows):
        files.append(f"{name}{number}.png")
        cv2.imwrite(str(folder / files[-1]), np.full((4, 4, 3), colour[::-1], np.uint8))
    east_m = [each for each, _ in rows]
    return photo_set(name, folder, tuple(files), np.column_stack([east_m, np.zeros(len(rows))]))


RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def test_recall_and_chance_are_those_counted_by_hand(tmp_path: Path) -> None:
    database = photos(tmp_path, "d", [(0.0, RED), (20.0, BLUE), (100.0, GREEN), (200.0, (100, 100, 100))])
    # Found; mistaken for what is 100 m away; without an answer, which counts for nothing.
    queries = photos(tmp_path, "q", [(0.0, RED), (2.0, GREEN), (900.0, RED)])
    validation = prepare_validation(PhotoCollection(database, queries, ()), 4, 4, 0)
    assert len(validation.query) == 2
    assert validation.recall1_ratio(MeanColour()) == 0.5
    assert validation.chance_ratio == pytest.approx(0.5)  # two of four photos are near enough for both


def test_a_photo_is_not_found_by_itself(tmp_path: Path) -> None:
    alone = photos(tmp_path, "d", [(0.0, RED), (5.0, GREEN), (100.0, (190, 10, 0))])
    validation = prepare_validation(PhotoCollection(alone, photos(tmp_path, "q", []), ()), 4, 4, 0)
    assert len(validation.query) == 2  # that at 100 m has no other one near
    assert validation.recall1_ratio(MeanColour()) == 0.0  # both are more like that one than like each other


def test_queries_without_any_answer_are_refused(tmp_path: Path) -> None:
    collection = PhotoCollection(photos(tmp_path, "d", [(0.0, RED)]), photos(tmp_path, "q", [(50.0, RED)]), ())
    with pytest.raises(DatasetError, match="no query of 'd and q' has a photo nearer than 25 m"):
        prepare_validation(collection, 4, 4, 0)


def test_collections_are_joined_far_from_each_other_with_their_own_files(tmp_path: Path) -> None:
    first = PhotoCollection(photos(tmp_path, "a", [(0.0, RED)]), photos(tmp_path, "b", [(1.0, RED)]), ())
    second = PhotoCollection(photos(tmp_path, "c", [(0.0, RED), (3.0, RED)]), photos(tmp_path, "e", []), ())
    joined = join_collections([first, second])
    assert joined.database.tolist() == [0, 2, 3] and joined.query.tolist() == [1, 2, 3]
    assert joined.photos.path(3) == (tmp_path / "c1.png").resolve()
    east_m = joined.photos.position_m[:, 0]
    assert east_m[1] - east_m[0] == 1.0 and east_m[3] - east_m[2] == 3.0 and east_m[2] - east_m[1] > 1e6
    with pytest.raises(DatasetError, match="no photos to learn from"):
        join_collections([])
