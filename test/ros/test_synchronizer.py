"""Frames out of messages that arrive in any order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.ros.synchronizer import Discarded, FrameSynchronizer

TOPICS = ("labels", "depth", "info")


def test_the_last_message_of_a_stamp_completes_the_frame_in_any_order() -> None:
    for order in itertools.permutations(TOPICS):
        synchronizer = FrameSynchronizer(TOPICS, 0)
        assert [synchronizer.add(topic, 5, topic) for topic in order[:2]] == [None, None]
        assert synchronizer.add(order[2], 5, order[2]) == TOPICS


def test_stamps_may_differ_by_the_tolerance_and_the_nearest_is_taken() -> None:
    synchronizer = FrameSynchronizer(("a", "b"), 10)
    synchronizer.add("a", 100, "far")
    synchronizer.add("a", 108, "near")
    assert synchronizer.add("b", 109, "b") == ("near", "b")
    assert synchronizer.add("b", 130, "late") is None


def test_a_message_without_companions_is_told_when_a_later_frame_completes() -> None:
    synchronizer = FrameSynchronizer(TOPICS, 0)
    synchronizer.add("labels", 1, None)
    for topic in TOPICS:
        synchronizer.add(topic, 2, topic)
    assert synchronizer.take_discarded() == [Discarded(1, ("depth", "info"))]
    assert synchronizer.take_discarded() == []


def test_where_a_topic_never_comes_little_is_kept_and_the_rest_is_told() -> None:
    synchronizer = FrameSynchronizer(("labels", "info"), 0)
    for stamp in range(100):
        synchronizer.add("labels", stamp, None)
    discarded = synchronizer.take_discarded()
    assert [entry.stamp_ns for entry in discarded] == list(range(90))
    assert {entry.missing for entry in discarded} == {("info",)}


@given(delays=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_nothing_is_lost_where_topics_lag_by_a_few_frames(delays: list[tuple[int, int]]) -> None:
    synchronizer = FrameSynchronizer(("a", "b"), 0)
    arrivals = [
        (stamp + delay, topic, stamp)
        for stamp, pair in enumerate(delays)
        for topic, delay in zip(("a", "b"), pair, strict=True)
    ]
    # Each topic keeps its own order, as DDS does.
    clock = {"a": 0, "b": 0}
    ordered = []
    for arrival, topic, stamp in sorted(arrivals, key=lambda entry: entry[2]):
        clock[topic] = max(clock[topic], arrival)
        ordered.append((clock[topic], stamp, topic))
    frames = [synchronizer.add(topic, stamp, stamp) for _, stamp, topic in sorted(ordered)]
    assert [frame for frame in frames if frame] == [(stamp, stamp) for stamp in range(len(delays))]
