"""Queries with what was found for them, the worst first: right photos green, wrong ones red."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from html import escape

import cv2
import numpy as np

from geoloc_ros.core.errors import DatasetError
from geoloc_ros.core.photo_files import read_photo
from geoloc_ros.core.photos import PhotoSet
from geoloc_ros.core.products import inner_products
from geoloc_ros.core.progress import ProgressCallback
from geoloc_ros.core.types import Int64
from geoloc_ros.evaluation.photos.judged import JudgedPhotos

WORST, OTHERS = 12, 4
"""Queries of each condition: those that went worst, and some of the rest, evenly."""
_SHOWN = 5
_WIDTH_PX, _QUALITY = 192, 70


def galleries(judged: JudgedPhotos, progress: ProgressCallback) -> Iterator[tuple[str, str]]:
    """Condition and markup of its queries."""
    conditions = np.array(judged.retrieved.queries.condition, str)[judged.asked]
    names = sorted(set(conditions.tolist()))
    for number, name in enumerate(names):
        chosen = _chosen(judged, np.flatnonzero(conditions == name).astype(np.int64))
        if len(chosen):
            yield name, '<div class="queries">' + "".join(_query(judged, int(row)) for row in chosen) + "</div>"
        progress("drawing queries", (number + 1) / len(names))


def _chosen(judged: JudgedPhotos, asked: Int64) -> Int64:
    """Some of `asked`, rows of what was asked: sure mistakes before hesitant ones, then the rest."""
    rank = judged.rank[asked]
    asked, rank = asked[~np.isnan(rank)], rank[~np.isnan(rank)]
    similarity = judged.retrieved.found.similarity[judged.asked[asked], 0]
    order = asked[np.lexsort((-similarity, -rank))]
    rest = order[WORST:]
    return np.concatenate([order[:WORST], rest[np.linspace(0, len(rest) - 1, min(OTHERS, len(rest))).astype(int)]])


def _query(judged: JudgedPhotos, asked: int) -> str:
    retrieved, query = judged.retrieved, int(judged.asked[asked])
    right = set(judged.positives.of(asked).tolist())
    figures = [_figure(retrieved.queries, query, "query", _name(retrieved.queries.file[query]))]
    for row, similarity in zip(
        retrieved.found.row[query, :_SHOWN].tolist(), retrieved.found.similarity[query].tolist(), strict=False
    ):
        if row < 0:  # an approximate search that found fewer
            break
        text = f"{_offset(judged, query, row)}<br>similarity {similarity:.3f}"
        figures.append(_figure(retrieved.database, row, "right" if row in right else "wrong", text))
    if math.isinf(judged.rank[asked]) or judged.rank[asked] >= _SHOWN:
        figures.append(_missed(judged, query, sorted(right)))
    return f'<div class="row">{"".join(figures)}</div>'


def _missed(judged: JudgedPhotos, query: int, right: list[int]) -> str:
    """The right photo that is most alike, and where it came."""
    retrieved = judged.retrieved
    similarity = inner_products(retrieved.descriptors, retrieved.query_descriptors[query])
    best = max(right, key=lambda row: float(similarity[row]))
    place = int((similarity > similarity[best]).sum()) + 1
    own = retrieved.own[query]
    place -= int(own >= 0 and similarity[own] > similarity[best])
    text = f"would be right: place {place}<br>{_offset(judged, query, best)}, similarity {similarity[best]:.3f}"
    return _figure(retrieved.database, best, "missed", text)


def _offset(judged: JudgedPhotos, query: int, row: int) -> str:
    queries, database = judged.retrieved.queries, judged.retrieved.database
    distance_m = float(np.hypot(*(database.position_m[row] - queries.position_m[query])))
    turn_deg = math.degrees(float(database.yaw_rad[row] - queries.yaw_rad[query]))
    text = f"{distance_m:.1f} m away" if distance_m < 10_000.0 else f"{distance_m / 1000.0:.0f} km away"
    return text if math.isnan(turn_deg) else f"{text}, turned {abs((turn_deg + 180.0) % 360.0 - 180.0):.0f}°"


def _name(file: str) -> str:
    """On one line, however long."""
    return f'<span class="name" title="{escape(file)}">{escape(file)}</span>'


def _figure(photos: PhotoSet, row: int, kind: str, caption: str) -> str:
    try:
        image = read_photo(photos.path(row))
    except DatasetError:
        return (
            f'<figure class="{kind}"><div class="gone">cannot be read</div><figcaption>{caption}</figcaption></figure>'
        )
    height = max(1, round(image.shape[0] * _WIDTH_PX / image.shape[1]))
    small = cv2.resize(image, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    data = base64.b64encode(np.asarray(coded, np.uint8).tobytes()).decode()
    source = f'<img alt="{escape(photos.file[row])}" title="{escape(photos.file[row])}" width="{_WIDTH_PX}" '
    source += f'height="{height}" src="data:image/jpeg;base64,{data}">'
    return f'<figure class="{kind}">{source}<figcaption>{caption}</figcaption></figure>'
