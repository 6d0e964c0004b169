import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geoloc_ros.evaluation.photos.page.page import write_photo_page

from ..evaluations import evaluation


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("photos")
    write_photo_page(evaluation(folder), folder / "photos.html")
    return (folder / "photos.html").read_text()


def _rows(page: str) -> list[str]:
    return re.findall(r'<div class="row">.*?</div>(?=<div class="row">|</div>)', page, re.DOTALL)


def test_the_page_loads_nothing(page: str) -> None:
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import""", page)


def test_names_of_files_are_no_markup(page: str) -> None:
    assert "query&lt;0.jpg" in page and "broken&lt;.jpg" in page and "a &lt;street&gt;" in page
    assert "<street>" not in page


def test_the_worst_query_comes_first_and_what_it_found_is_red(page: str) -> None:
    worst, best = _rows(page)
    assert worst.index('class="wrong"') > 0 and "query&lt;15.jpg" in worst and "120.0 m away" in worst
    assert worst.index('class="wrong"') < worst.index('class="missed"') and "would be right" in worst
    assert "query&lt;0.jpg" in best and best.index('class="right"') < best.index("photo0.jpg")
    assert 'class="missed"' not in best


def test_a_query_that_nothing_could_be_right_for_is_counted_and_not_shown(page: str) -> None:
    assert "queries judged; 1 have no right photo" in page
    assert "query&lt;10.jpg" not in page


def test_what_nobody_knows_is_no_number(page: str) -> None:
    assert "not known" in page
    assert "nan" not in re.sub(r"base64,[^\"]*|[a-z]*nan[a-z]+|[a-z]+nan", "", page.lower())


def test_elements_are_closed_in_order(page: str) -> None:
    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "link", "br", "img"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(page)
    assert checker.open == []


def test_a_photo_that_cannot_be_read_any_more_is_said_to_be_gone(tmp_path: Path) -> None:
    judged = evaluation(tmp_path)
    (tmp_path / "photo3.jpg").write_bytes(b"no image")
    write_photo_page(judged, tmp_path / "photos.html")
    assert "cannot be read" in (tmp_path / "photos.html").read_text()
