"""Sequences that have a stretch in common, gathered one by one."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array

from geoloc_ros.core.types import Bool, Int64


class Passages:
    """Which of P stretches pass which of N frames, and which frames are still to be had."""

    def __init__(self, part: Int64, matches: csr_array) -> None:
        self.part = part
        self.is_free: Bool = np.ones(len(part), bool)
        self.num_parts = int(matches.shape[1])
        self._by_frame, self._by_part = matches, csc_array(matches)

    def passed_by(self, part: int) -> Int64:
        """Frames that a stretch passes."""
        first, last = self._by_part.indptr[part : part + 2]
        rows: Int64 = self._by_part.indices[first:last]
        return rows

    def count(self, rows: Int64) -> tuple[Int64, Int64]:
        """Pairs of stretches, as `one * P + other` and ascending, and how many of these frames of one other passes.

        Whether a stretch passes another is mutual, so that of all frames each pair comes both ways round.
        """
        part, other = self._passages_of(rows)
        pair, count = np.unique(part * self.num_parts + other, return_counts=True)
        return pair, count

    def count_each(self, rows: Int64, parts: list[int]) -> Int64:
        """How many of these frames of each of some stretches each other one passes, (len(parts), P)."""
        place = np.zeros(self.num_parts, np.int64)
        place[parts] = np.arange(len(parts))
        part, other = self._passages_of(rows)
        shape = len(parts), self.num_parts
        return np.bincount(place[part] * self.num_parts + other, minlength=shape[0] * shape[1]).reshape(shape)

    def _passages_of(self, rows: Int64) -> tuple[Int64, Int64]:
        some = self._by_frame[rows]
        return np.repeat(self.part[rows], np.diff(some.indptr)), some.indices.astype(np.int64)


def grow(passages: Passages, one: int, other: int, least: int) -> Int64:
    """Free frames in common of two stretches and of all that can be added to them.

    Added is what leaves most frames in common, while each keeps at least `least`; of equals the first.
    """
    growth = _Growth(passages, least)
    growth.add(one)
    growth.add(other)
    while (best := growth.best()) is not None:
        growth.add(best)
    return growth.common()


class _Growth:
    """Members so far, and what each candidate would leave of them; brought up to date instead of counted anew."""

    def __init__(self, passages: Passages, least: int) -> None:
        self._passages, self._least = passages, least
        self._members: list[int] = []
        self._passing = np.zeros(len(passages.part), np.int64)
        """(N,), how many members pass."""
        self._is_common = np.zeros(len(passages.part), bool)
        self._candidates = np.arange(passages.num_parts)
        self._kept = np.zeros((0, passages.num_parts), np.int64)
        """(members, candidates), frames in common that the candidate passes."""

    def add(self, part: int) -> None:
        """Take a stretch in."""
        passed = self._passages.passed_by(part)
        is_passed = np.zeros(len(self._passing), bool)
        is_passed[passed] = True
        lost = np.flatnonzero(self._is_common & ~is_passed)
        own = self._own(np.array([part]))
        if len(lost):
            self._kept -= self._counted(lost, self._members)
            self._is_common[lost] = False
        self._kept = np.concatenate([self._kept, self._counted(own, [part])])
        self._is_common[own] = True
        self._members.append(part)
        self._passing[passed] += 1

    def best(self) -> int | None:
        """The candidate that leaves most; None if there is none. Those that leave too little never come back."""
        own = np.bincount(self._passages.part[self._own(self._candidates)], minlength=self._passages.num_parts)
        fits = (self._kept >= self._least).all(axis=0) & (own[self._candidates] >= self._least)
        self._candidates, self._kept = self._candidates[fits], self._kept[:, fits]
        if len(self._candidates) == 0:
            return None
        total = self._kept.sum(axis=0) + own[self._candidates]
        return int(self._candidates[np.argmax(total)])

    def common(self) -> Int64:
        """Free frames of the members that all other members pass."""
        return np.flatnonzero(self._is_common)

    def _own(self, parts: Int64) -> Int64:
        """Free frames of other stretches that all members pass."""
        rows = np.flatnonzero(self._passages.is_free & (self._passing == len(self._members)))
        return rows[np.isin(self._passages.part[rows], parts)]

    def _counted(self, rows: Int64, members: list[int]) -> Int64:
        return self._passages.count_each(rows, members)[:, self._candidates]
