import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geoloc_ros.evaluation.evaluation_page.page import write_evaluation_page

from .evaluations import evaluation


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "evaluation.html"
    write_evaluation_page(evaluation(), path)
    return path.read_text()


def test_every_condition_drive_and_omission_is_told(page: str) -> None:
    assert "sun/drive_0" in page and "sun/drive_1" in page and "rain &lt;1&gt;/drive_0" in page
    assert "rain &lt;1&gt;/drive_1" in page and "no truth" in page and "<1>" not in page


def test_the_page_loads_nothing(page: str) -> None:
    assert not re.findall(r"""(?:src|href)=["'](?!data:)|url\(|@import""", page)


def test_no_number_is_missing(page: str) -> None:
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", page.lower())
    assert "never" in page


def test_elements_are_closed_in_order(page: str) -> None:
    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "link", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    checker = Checker()
    checker.feed(page)
    assert checker.open == []


def test_the_same_evaluation_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_evaluation_page(evaluation(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
