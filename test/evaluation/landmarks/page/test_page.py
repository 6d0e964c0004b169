from html.parser import HTMLParser
from pathlib import Path

from geoloc_ros.evaluation.landmarks.page.page import write_landmark_page

from ..landmark_views import room_evaluation

VOID = {"meta", "link", "img", "br", "line", "path", "rect"}


class Balance(HTMLParser):
    """Fails at a tag that closes another than the last open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_escaped_and_loads_nothing(tmp_path: Path) -> None:
    evaluation = room_evaluation(tmp_path)
    file = tmp_path / "page" / "landmarks.html"
    write_landmark_page(evaluation, file)
    text = file.read_text()
    parser = Balance()
    parser.feed(text)
    assert not parser.open
    assert parser.sources and all(source.startswith("data:") for source in parser.sources)
    assert "room &lt;1&gt;" in text and "landmarks &amp; votes" in text and "room <1>" not in text
    assert "2 cm" in text and "66.7 %" in text and "∞" in text
    assert "2 of 3 landmarks agree" in text and "not found: 2 landmarks were found" in text
    write_landmark_page(evaluation, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == text
