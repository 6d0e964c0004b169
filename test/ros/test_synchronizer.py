"""Frames out of messages that arrive in any order."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from geoloc_ros.ros.synchronizer import CameraTopics, Discarded, FrameSynchronizer, Missing

TOPICS = ("labels", "depth", "info")
ALL = (CameraTopics(TOPICS),)
NEVER = 10**15


def test_the_last_message_of_a_stamp_completes_the_frame_in_any_order() -> None:
    for order in itertools.permutations(TOPICS):
        synchronizer = FrameSynchronizer(ALL, 0, NEVER)
        assert [synchronizer.add(topic, 5, topic) for topic in order[:2]] == [None, None]
        assert synchronizer.add(order[2], 5, order[2]) == TOPICS


def test_stamps_may_differ_by_the_tolerance_and_the_nearest_is_taken() -> None:
    synchronizer = FrameSynchronizer((CameraTopics(("a", "b")),), 10, NEVER)
    synchronizer.add("a", 100, "far")
    synchronizer.add("a", 108, "near")
    assert synchronizer.add("b", 109, "b") == ("near", "b")
    assert synchronizer.add("b", 130, "late") is None


def test_a_message_without_companions_is_told_when_a_later_frame_completes() -> None:
    synchronizer = FrameSynchronizer(ALL, 0, NEVER)
    synchronizer.add("labels", 1, None)
    for topic in TOPICS:
        synchronizer.add(topic, 2, topic)
    assert synchronizer.take_discarded() == [Discarded(1, ("depth", "info"))]
    assert synchronizer.take_discarded() == []


def test_where_a_topic_never_comes_little_is_kept_and_the_rest_is_told() -> None:
    synchronizer = FrameSynchronizer((CameraTopics(("labels", "info")),), 0, NEVER)
    for stamp in range(100):
        synchronizer.add("labels", stamp, None)
    discarded = synchronizer.take_discarded()
    assert [entry.stamp_ns for entry in discarded] == list(range(90))
    assert {entry.missing for entry in discarded} == {("info",)}


@given(delays=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_nothing_is_lost_where_topics_lag_by_a_few_frames(delays: list[tuple[int, int]]) -> None:
    cameras = (CameraTopics(("a",), ("b",)),)
    synchronizer = FrameSynchronizer(cameras, 0, 5)
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


# ---- what goes missing and returns; one frame every 100, given up after 300

IMAGE_AND_DEPTH = (CameraTopics(("image",), ("depth",)),)


class Stream:
    """Frames of a synchronizer, in order."""

    def __init__(self, cameras: tuple[CameraTopics, ...]) -> None:
        self.synchronizer = FrameSynchronizer(cameras, 20, 300)
        self.frames: list[tuple[int | None, ...]] = []

    def send(self, stamp: int, *topics: str) -> None:
        """One message per topic, whose stamp is its content."""
        for topic in topics:
            frame = self.synchronizer.add(topic, stamp, stamp)
            if frame is not None:
                self.frames.append(frame)

    def missing(self) -> tuple[Missing, ...]:
        """What frames go on without."""
        return self.synchronizer.missing()


def test_depth_that_stops_is_waited_for_a_while_then_gone_without_and_told() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in (100, 200):
        stream.send(stamp, "image", "depth")
    for stamp in (300, 400, 500):
        stream.send(stamp, "image")
    assert stream.frames == [(100, 100), (200, 200)] and stream.missing() == ()
    stream.send(600, "image")
    assert stream.frames[2:] == [(600, None)]
    assert stream.missing() == (Missing("depth", was_heard=True, offset_ns=None),)
    stream.send(700, "image")
    assert stream.frames[3:] == [(700, None)]


def test_depth_that_returns_after_its_image_is_waited_for_again() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in (100, 200, 300, 400):
        stream.send(stamp, "image")
    assert stream.frames == [(400, None)] and stream.missing() == (Missing("depth", was_heard=False, offset_ns=None),)
    stream.send(400, "depth")
    assert stream.missing() == ()
    stream.send(500, "image", "depth")
    assert stream.frames[1:] == [(500, 500)]
    assert stream.synchronizer.take_discarded() == []  # the late one is nothing to complain about


def test_depth_that_returns_before_its_image_is_taken_along() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in (100, 200, 300, 400):
        stream.send(stamp, "image")
    stream.send(500, "depth", "image")
    assert stream.frames[1:] == [(500, 500)] and stream.missing() == ()


def test_a_topic_that_never_came_is_not_complained_about() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in range(100, 2000, 100):
        stream.send(stamp, "image")
    assert stream.synchronizer.take_discarded() == []


def test_one_lost_depth_is_told() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    stream.send(100, "image", "depth")
    stream.send(200, "image")
    stream.send(300, "image", "depth")
    assert stream.synchronizer.take_discarded() == [Discarded(200, ("depth",))]
    assert stream.frames == [(100, 100), (300, 300)]


def test_fast_frames_wait_no_longer_for_what_is_missing() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in range(0, 1500, 25):  # more of them in the time than are kept
        stream.send(stamp, "image")
    assert stream.frames[0] == (300, None) and len(stream.frames) == 1 + (1475 - 300) // 25


def test_what_stopped_is_told_to_be_silent_before_a_frame_goes_on_without() -> None:
    stream = Stream((CameraTopics(("image", "info"), ("depth",)),))
    stream.send(100, "image", "info", "depth")
    for stamp in (200, 300, 400):
        stream.send(stamp, "image", "info")
    stream.send(500, "image")
    assert stream.missing() == (Missing("depth", was_heard=True, offset_ns=None),)


def test_slow_frames_are_not_mistaken_for_a_missing_topic() -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for stamp in range(1000, 10_000, 1000):
        stream.send(stamp, "image", "depth")
    assert len(stream.frames) == 9 and None not in stream.frames[-1]


RIG = (CameraTopics(("left/image", "left/info")), CameraTopics(("right/image", "right/info"), ("right/depth",)))
LEFT, RIGHT = ("left/image", "left/info"), ("right/image", "right/info", "right/depth")


def test_the_other_camera_goes_on_whichever_stops_and_is_rejoined() -> None:
    for running, stopped in ((LEFT, RIGHT), (RIGHT, LEFT)):
        stream = Stream(RIG)
        for stamp in (100, 200):
            stream.send(stamp, *running, *stopped)
        for stamp in range(300, 1000, 100):
            stream.send(stamp, *running)
        # The first is given out when the next begins: nobody knows yet that the camera's other topic comes.
        assert [max(filter(None, frame)) for frame in stream.frames[2:]] == [500, 600, 700, 800, 900]
        shown = {topic for topic, part in zip((*LEFT, *RIGHT), stream.frames[-1], strict=True) if part is not None}
        assert shown == set(running)
        assert [entry.topic for entry in stream.missing()] == [stopped[0]]
        for stamp in (1000, 1100):
            stream.send(stamp, *running, *stopped)
        assert stream.missing() == () and None not in stream.frames[-1]


def test_after_a_stall_a_camera_whose_topics_come_one_after_the_other_goes_on_without_the_silent_one() -> None:
    for lives in ("front", "rear"):
        cameras = tuple(CameraTopics((f"{name}/image", f"{name}/info")) for name in ("front", "rear"))
        synchronizer = FrameSynchronizer(cameras, 0, 3)
        for camera in cameras:
            for topic in camera.required:
                synchronizer.add(topic, 10, topic)
        for topic in (f"{lives}/image", f"{lives}/info"):
            frames = [synchronizer.add(topic, stamp, (topic, stamp)) for stamp in range(11, 19)]
        given = [frame for frame in frames if frame is not None]
        assert given and {message for message in given[-1] if message is not None} == {
            (f"{lives}/image", 18), (f"{lives}/info", 18)
        }  # fmt: skip


def test_of_two_cameras_out_of_step_the_later_one_gives_way_and_the_difference_is_told() -> None:
    stream = Stream(RIG)
    for stamp in range(1000, 9000, 1000):
        stream.send(stamp, *LEFT)
        stream.send(stamp + 200, *RIGHT)
    assert len(stream.frames) >= 7 and all(frame[2:] == (None, None, None) for frame in stream.frames)
    assert stream.missing() == (Missing("right/image", was_heard=True, offset_ns=200),)
    stream.send(9000, *LEFT, *RIGHT)
    stream.send(9100, *LEFT, *RIGHT)
    assert stream.frames[-1] == (9100,) * 5 and stream.missing() == ()


THREE = tuple(CameraTopics((name,)) for name in ("a", "b", "c"))


def test_the_camera_that_agrees_with_no_other_gives_way() -> None:
    for late in ("a", "b", "c"):
        stream = Stream(THREE)
        punctual = [name for name in ("a", "b", "c") if name != late]
        for stamp in range(1000, 5000, 1000):
            stream.send(stamp, *punctual)
            stream.send(stamp + 200, late)
        assert [entry.topic for entry in stream.missing()] == [late]
        assert [sum(part is not None for part in frame) for frame in stream.frames] == [2] * len(stream.frames)
        assert len(stream.frames) >= 3


def test_of_two_parties_of_cameras_the_later_one_gives_way() -> None:
    stream = Stream((*THREE, CameraTopics(("d",))))
    for stamp in range(1000, 5000, 1000):
        stream.send(stamp, "a", "b")
        stream.send(stamp + 200, "c", "d")
    assert stream.frames[-1] == (4000, 4000, None, None)


def test_a_camera_that_lacks_its_info_is_gone_without_and_its_image_is_not_used() -> None:
    stream = Stream(RIG)
    for stamp in range(100, 1000, 100):
        stream.send(stamp, "right/image", *LEFT)
    assert stream.frames[-1] == (900, 900, None, None, None)
    assert Missing("right/info", was_heard=False, offset_ns=None) in stream.missing()


def test_the_only_camera_is_always_waited_for() -> None:
    stream = Stream((CameraTopics(("image", "info"), ("depth",)),))
    for stamp in range(100, 2000, 100):
        stream.send(stamp, "info", "depth")
    assert stream.frames == []
    assert {one.missing for one in stream.synchronizer.take_discarded()} == {("image",)}
    stream.send(2000, "image", "info", "depth")
    assert stream.frames == [(2000, 2000, 2000)]


@given(lost=st.lists(st.booleans(), min_size=1, max_size=40))
def test_every_frame_holds_one_moment_and_the_newest_follows_the_older(lost: list[bool]) -> None:
    stream = Stream(IMAGE_AND_DEPTH)
    for number, is_lost in enumerate(lost):
        stream.send(100 * number, *(("image",) if is_lost else ("image", "depth")))
    assert all(image is not None and depth in (None, image) for image, depth in stream.frames)
    stamps = [frame[0] for frame in stream.frames]
    assert stamps == sorted(set(stamps))  # type: ignore[type-var]
    # Whatever was lost before: two whole frames, and the second is given out whole.
    for stamp in (100 * len(lost), 100 * len(lost) + 100):
        stream.send(stamp, "image", "depth")
    assert stream.frames[-1] == (100 * len(lost) + 100,) * 2


def test_what_is_missing_is_told_also_before_the_first_frame() -> None:
    """A camera_info without stamps: nothing is ever whole, and depth is missed at stamp 0."""
    stream = Stream((CameraTopics(("image", "info"), ("depth",)),))
    said = set()
    for stamp in range(1000, 2000, 100):
        for sent, topic in ((stamp, "image"), (0, "info"), (stamp, "depth")):
            stream.send(sent, topic)
            said.update(stream.missing())
    assert stream.frames == []
    assert {one.offset_ns for one in said if one.topic == "depth"} >= {1000}
