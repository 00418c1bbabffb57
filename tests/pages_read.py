"""What a person reads on a page: its texts and the words that only a screen reader says."""

from collections.abc import Iterator
from html.parser import HTMLParser

SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")
NO_PROSE = frozenset({"code", "pre", "script", "style"})
"""Elements that hold commands, signed texts and data."""
_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.foreign: list[bool] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not any(self.foreign):
            self.texts += [value for name in SPOKEN if (value := given.get(name))]
        if tag not in _VOID:
            self.open.append(tag)
            self.foreign.append("lang" in given and tag != "html")

    def handle_endtag(self, tag: str) -> None:
        while tag in self.open:
            self.foreign.pop()
            if self.open.pop() == tag:
                break

    def handle_data(self, data: str) -> None:
        if data.strip() and not NO_PROSE.intersection(self.open) and not any(self.foreign):
            self.texts.append(" ".join(data.split()))


def read(html: str) -> Iterator[str]:
    """Yield the texts of a page, element by element; what says that it is in another language is left out."""
    reader = _Reader()
    reader.feed(html)
    yield from reader.texts
