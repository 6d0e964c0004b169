from collections.abc import Callable
from html.parser import HTMLParser

import pytest

LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "formaction"}


class References(HTMLParser):
    """Collects what a browser would load, and whether tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attributes if name in LOADING]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="session")
def loaded_by() -> Callable[[str], list[str]]:
    """What a page loads; asserts that its tags are balanced."""

    def references(page: str) -> list[str]:
        parser = References()
        parser.feed(page)
        assert parser.open == []
        return parser.loaded

    return references
