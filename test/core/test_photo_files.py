from pathlib import Path

import cv2
import numpy as np
import pytest

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photo_files import read_photo


def test_a_photo_comes_red_first(tmp_path: Path) -> None:
    blue = np.zeros((4, 6, 3), np.uint8)
    blue[..., 0] = 255  # as OpenCV has it
    cv2.imwrite(str(tmp_path / "blue.png"), blue)
    assert read_photo(tmp_path / "blue.png")[2, 3].tolist() == [0, 0, 255]


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 a JPEG that ends"])
def test_a_broken_photo_says_which_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.jpg"
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"broken\.jpg"):
        read_photo(file)


def test_a_photo_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read photo"):
        read_photo(tmp_path / "none.jpg")
