"""Where photos were taken: a map as inline SVG, and small photos."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoCollection, PhotoSet
from geoloc_ros.core.types import Bool, Float64, Int64, UInt8
from geoloc_ros.evaluation.accuracy_page import svg
from geoloc_ros.evaluation.collection_page.contents import Contents

_SIZE, _MARGIN, _DOT = 760.0, 14.0, 3.0
_NUM_SERIES = 10
_THUMBNAIL_WIDTH, _QUALITY = 220, 70


def series_of(contents: Contents) -> dict[str, int]:
    """Number of the colour of each condition; those beyond the last colour share it."""
    return {each.name: 1 + min(number, _NUM_SERIES - 1) for number, each in enumerate(contents.conditions)}


def region_map(collection: PhotoCollection, rows: Int64, series: dict[str, int]) -> str:
    """The photos of one region, north up: queries over the database, coloured by condition.

    Args:
        collection: Database and queries, whose rows are counted one after the other.
        rows: Of the region.
        series: Of `series_of`.
    """
    database, queries = collection.database, collection.queries
    position_m = np.concatenate([database.position_m, queries.position_m])[rows]
    low_m, high_m = position_m.min(axis=0), position_m.max(axis=0)
    scale = (_SIZE - 2 * _MARGIN) / max(1.0, float((high_m - low_m).max()))
    width, height = (high_m - low_m) * scale + 2 * _MARGIN
    points = (position_m - low_m) * [scale, -scale] + [_MARGIN, height - _MARGIN]
    conditions = np.array([*database.condition, *queries.condition], dtype=object)[rows]
    is_query = rows >= len(database)
    parts = []
    for asked, class_ in ((False, "database"), (True, "query")):
        for condition, number in series.items():
            chosen = np.asarray((is_query == asked) & (conditions == condition), np.bool_)
            parts.append(_dots(points, chosen, f"{class_} series-{number}"))
    height += 26.0
    return svg.picture(
        max(float(width), 160.0), float(height), *parts, _scale_bar(scale, float(height)), label="map of the photos"
    )


def examples(photos: PhotoSet, count: int) -> list[tuple[int, str]]:
    """Rows of some photos, those that can be read, evenly chosen, with small JPEGs as data URLs."""
    found = []
    for row in np.unique(np.linspace(0, len(photos) - 1, min(count, len(photos))).astype(int)).tolist():
        try:
            found.append((row, _data_url(read_photo(photos.path(row)))))
        except DatasetError:  # `geoloc photos list --check` tells which are broken
            continue
    return found


def _data_url(image: UInt8) -> str:
    height = max(1, round(_THUMBNAIL_WIDTH * image.shape[0] / image.shape[1]))
    small = cv2.resize(image, (_THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(np.asarray(jpeg, np.uint8).tobytes()).decode("ascii")


def _dots(points: Float64, chosen: Bool, class_: str) -> str:
    """All as one path of dots; of those on the same pixels one is drawn, so that a page stays small."""
    cells = np.unique((points[chosen] / (_DOT / 2)).round(), axis=0) * (_DOT / 2)
    data = "".join(f"M{svg.number(x)},{svg.number(y)}h0" for x, y in cells.tolist())
    return svg.tag("path", d=data, class_=class_) if data else ""


def _scale_bar(scale: float, height: float) -> str:
    """A round length of about a sixth of the map."""
    wanted_m = 120.0 / scale
    length_m = 10.0 ** np.floor(np.log10(wanted_m))
    length_m *= max(step for step in (1, 2, 5) if step * length_m <= wanted_m)
    right = _MARGIN + length_m * scale
    text = f"{length_m:g} m" if length_m < 1000.0 else f"{length_m / 1000.0:g} km"
    return svg.line(_MARGIN, height - 8, right, height - 8, "axis") + svg.words(right + 5, height - 5, text, "tick")
