import pytest

from geoloc_ros.core.errors import ConfigError, DatasetError
from geoloc_ros.datasets.parts import PARTS, Part, choose_parts, wants_fixes, wants_photos_only


@pytest.mark.parametrize(
    ("recorded", "chosen"),
    [
        (PARTS, ("segmentation", "depth", "instances")),
        (("segmentation", "depth"), ("segmentation", "depth")),
        (("image",), ("image",)),
        (("image", "depth"), ("image", "depth")),
        (("image", "segmentation", "instances"), ("image", "segmentation", "instances")),
    ],
)
def test_without_a_wish_what_networks_need_not_add_is_used(
    recorded: tuple[Part, ...], chosen: tuple[Part, ...]
) -> None:
    assert choose_parts("", recorded) == chosen


def test_a_wish_is_taken_by_its_word() -> None:
    assert choose_parts("image", PARTS) == ("image",)
    assert choose_parts(" depth, image", PARTS) == ("image", "depth")


@pytest.mark.parametrize("recorded", [(), ("depth",), ("segmentation", "instances")])
def test_a_bag_with_too_little_is_refused(recorded: tuple[Part, ...]) -> None:
    with pytest.raises(DatasetError, match="neither an image nor"):
        choose_parts("", recorded)


@pytest.mark.parametrize(("wish", "said"), [("depth", "too little"), ("image,labels", "'labels' is nothing")])
def test_a_wish_that_cannot_be_is_refused(wish: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        choose_parts(wish, PARTS)


def test_gps_is_used_when_it_is_asked_for_and_changes_nothing_about_the_camera() -> None:
    assert choose_parts("fix", PARTS) == choose_parts("", PARTS)
    assert choose_parts("image,fix", PARTS) == ("image",)
    assert [wants_fixes(wish) for wish in ("", "image", "fix", "image, fix")] == [False, False, True, True]


def test_photos_alone_leave_nothing_for_scans_and_beside_other_parts_change_nothing() -> None:
    assert choose_parts("photos", PARTS) == () == choose_parts("photos, fix", PARTS)
    assert wants_photos_only("photos,fix") and not wants_photos_only("photos,image") and not wants_photos_only("fix")
    assert choose_parts("image,photos", PARTS) == ("image",)
    assert not wants_photos_only("") and wants_fixes("photos,fix")
