"""The figures that a page displays, and the link that each stands in or beside.

A figure is a duration or a percentage anywhere in the page's text, and a number that is all of an element made for
figures. Drawings are left out, since each has its words or its table beside it, and so is what is typed or chosen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_IN_A_WORD = "small"
"""The unit of a figure; every other element stands apart from the text around it."""
_UNSEEN = frozenset({"button", "code", "label", "legend", "noscript", "option", "pre", "script", "style", "svg"})
"""Drawings, data, and what a form offers."""
_ROWS = frozenset({"li", "p", "tr", "header", "footer"})
"""What holds a figure together with the link that says what it is."""
_FIGURE = re.compile(r"(?<![\w.,:<])(?:\d+\s?h(?:\s?\d+\s?m)?|<?\d+\s?[ms]|[\d.,]*\d\s?%)(?!\w)")
_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(eq=False)
class Node:
    """An element with its attributes; text is a node without a tag."""

    tag: str
    given: dict[str, str]
    above: "Node | None"
    inside: "list[Node | str]" = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.given.get("class", "").split())

    def chain(self) -> Iterator["Node"]:
        """Yield the element and all that it lies in, from the inside out."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.above

    def all(self) -> Iterator["Node"]:
        """Yield the element and everything in it."""
        yield self
        for each in self.inside:
            if isinstance(each, Node):
                yield from each.all()

    def said(self) -> str:
        """Return the text that is displayed of it."""
        return "".join(char for char, _node in _displayed(self))


@dataclass(frozen=True)
class Figure:
    """A figure as it is written, without spaces; the row that it stands in; where it leads, nothing if nowhere.

    `within` are the classes of all that it lies in, `headed` where the head of its section leads.
    """

    text: str
    row: str
    leads: tuple[str, ...]
    within: frozenset[str]
    headed: tuple[str, ...]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.inside.append(node)
        if tag not in _VOID:
            self.at = node

    def handle_endtag(self, tag: str) -> None:
        for node in self.at.chain():
            if node.tag == tag and node.above is not None:
                self.at = node.above
                return

    def handle_data(self, data: str) -> None:
        self.at.inside.append(data)


def main_of(html: str) -> Node:
    """Return what a page is about, without what is on every page."""
    tree = _Tree()
    tree.feed(html)
    return next(each for each in tree.root.all() if each.tag == "main")


def figures(main: Node) -> list[Figure]:
    """Return every figure of a page with the addresses that it leads to: those of its link, else those of its row."""
    return [_figure(node, text) for node, text in _found(main)]


def links(main: Node, begin: str) -> list[str]:
    """Return the addresses of a page's links that begin so."""
    return [each for each in _links(main) if each.startswith(begin)]


def _figure(node: Node, text: str) -> Figure:
    within = frozenset[str]().union(*(each.classes for each in node.chain()))
    return Figure(_plain(text), " ".join(_row(node).said().split()), tuple(_leads(node)), within, tuple(_heading(node)))


def _heading(node: Node) -> list[str]:
    section = next((each for each in node.chain() if each.tag in ("section", "article")), None)
    headings = [] if section is None else [each for each in section.all() if each.tag in ("h2", "h3")]
    heads = [each.above if each.above is not None and each.above.tag == "header" else each for each in headings]
    return [link for each in heads[:1] for link in _links(each)]


def plain(main: Node) -> str:
    """Return the displayed text of a page without any space."""
    return _plain(main.said())


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def _displayed(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield every letter that is displayed, with the innermost element that it is in."""
    if node.tag != _IN_A_WORD:
        yield "\n", node
    for each in node.inside:
        if isinstance(each, str):
            yield from ((char, node) for char in each)
        elif not _is_unseen(each):
            yield from _displayed(each)
    if node.tag != _IN_A_WORD:
        yield "\n", node


def _found(main: Node) -> Iterator[tuple[Node, str]]:
    """Yield each figure with the element that its first digit is in."""
    letters = list(_displayed(main))
    for found in _FIGURE.finditer("".join(char for char, _node in letters)):
        yield letters[found.start()][1], found[0]
    for node in main.all():
        if _is_made_for_figures(node) and _NUMBER.fullmatch(node.said().strip()) and not _is_hidden(node):
            yield node, node.said()


def _is_hidden(node: Node) -> bool:
    return any(_is_unseen(each) for each in node.chain())


def _is_made_for_figures(node: Node) -> bool:
    if node.classes & {"val", "num", "fig"}:
        return True
    above = node.above
    return node.tag == "dd" or (node.tag == "b" and above is not None and above.tag == "li")


def _leads(node: Node) -> list[str]:
    around = [each.given["href"] for each in node.chain() if each.tag == "a" and "href" in each.given]
    entry = next((each for each in node.chain() if each.tag == "li"), node)
    return around[:1] or _links(node) or _links(_row(node)) or _links(entry)


def _links(row: Node) -> list[str]:
    return [each.given["href"] for each in row.all() if each.tag == "a" and "href" in each.given]


def _row(node: Node) -> Node:
    for each in node.chain():
        if "linked" in each.classes:  # a card that is one link
            return each
    for each in node.chain():
        if each.tag in _ROWS or (each.tag == "div" and each.above is not None and each.above.tag == "dl"):
            return each
    return node


def _is_unseen(each: "Node | str") -> bool:
    return isinstance(each, Node) and (each.tag in _UNSEEN or "vh" in each.classes or "hidden" in each.given)
