import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from geoloc_ros.evaluation.report.page import render_page
from geoloc_ros.evaluation.report.scene import Scene


@pytest.fixture(scope="session")
def page(street_scene: Scene) -> str:
    return render_page(street_scene)


def test_nothing_is_loaded_from_anywhere(page: str, loaded_by: Callable[[str], list[str]]) -> None:
    assert all(reference.startswith("data:") for reference in loaded_by(page))


def test_style_and_scripts_name_no_network_and_no_other_file(page: str) -> None:
    assert re.findall(r"""https?://|//cdn|@import|url\((?!["']?data:)|\bfetch\(|XMLHttpRequest|import\(""", page) == []


def test_every_slot_of_the_template_is_filled(page: str) -> None:
    without_script = page[: page.index("<script>")]
    assert "$" not in without_script


def test_names_from_files_are_escaped(street_scene: Scene) -> None:
    page = render_page(replace(street_scene, title="</title><script>alert(1)</script>"))
    assert "<script>alert" not in page


def test_the_attribution_of_the_map_is_shown(page: str) -> None:
    assert '<div class="attribution">© OpenStreetMap contributors</div>' in page
