"""Regular expressions that other people wrote, searched quickly and never for long.

ActivityWatch's rules are written for Python's `re`, which cannot be interrupted. They run here through `regex`, which
takes a timeout, in its version 0, which behaves as `re` does. A search costs microseconds, and an import has a hundred
thousand titles for every rule, so the words that any match must hold are looked for first, in many texts at once.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

import regex

TIMEOUT_SECONDS: Final = 1.0
"""Long enough that a busy machine gives up no sound expression, since that would change figures."""

_CALIBRATION: Final = ("a" * 500 + "!", "x" * 400, "0" * 300 + "?", "word " * 80 + ".", "ab, 12 - " * 40 + "é")
"""Texts on which expressions with runaway backtracking show themselves: their time doubles with every character."""

_GROUPS: Final = ("?:", "?=", "?!", "?<=", "?<!", "?P<")
_NEVER_QUANTIFIER: Final = re.compile(r"\\[NpP]\{[^}]*\}|\\.|(\{)(?!\d*,?\d*\})", re.DOTALL)
_TOKEN: Final = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|\\(?P<escaped>.)|(?P<open>\((?P<kind>\?P<|\?<=|\?<!|\?.)?)|(?P<close>\))"
    r"|(?P<or>\|)|(?P<many>[?*]|\{\d*,?\d*\})|(?P<some>\+)|(?P<any>[.^$])|(?P<char>.)",
    re.DOTALL,
)
_PLAIN_ESCAPES: Final = frozenset("bBAZdDsSwWtnrfva")  # one character each, and no literal
_ALIKE: Final = (("ſ", "s"), ("ı", "i"), ("İ", "i"))  # letters that equal ASCII ones and that lower() does not fold


LARGEST: Final = 100_000
"""So many characters an expression may come to when its counts are written out, which is what compiling it does."""


class PatternError(ValueError):
    """An expression that cannot be read; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression with the words of which every match holds at least one.

    `folded` says that the words are to be looked for in the folded text, `exact` that a word found is a match.
    """

    compiled: "regex.Pattern[str]"
    words: tuple[str, ...]
    folded: bool
    exact: bool

    def search(self, text: str) -> bool:
        """Search the text itself; TimeoutError if that takes too long."""
        return self.compiled.search(text, timeout=TIMEOUT_SECONDS) is not None


class Texts:
    """Texts laid end to end, so that a word is looked for in all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._joined = "\0".join(texts)
        self._ends = list(accumulate(len(text) + 1 for text in texts))

    @cached_property
    def _folded(self) -> str:
        return fold(self._joined)  # as long as it was: each character becomes one

    def holding(self, words: Iterable[str], folded: bool) -> list[int]:
        """Return the places of the texts that, folded or not, hold at least one of the words, in order."""
        joined = self._folded if folded else self._joined
        found = set[int]()
        for word in words:
            at = joined.find(word) if self._ends else -1
            while at >= 0:
                place = bisect_right(self._ends, at)
                if at + len(word) < self._ends[place]:  # else it ends in the next text
                    found.add(place)
                at = joined.find(word, self._ends[place])
        return sorted(found)


def fold(text: str) -> str:
    """Return the text so that every letter that equals an ASCII letter ignoring case *is* that small letter."""
    if not text.isascii():
        for letter, plain in _ALIKE:
            text = text.replace(letter, plain)
    return text.lower()


def compile_pattern(expression: str, ignore_case: bool = False) -> Pattern:
    """Compile an expression as ActivityWatch would; PatternError if it cannot be read."""
    # In `re` a brace that counts nothing is a brace; in `regex` it would allow errors in the match.
    plain = _NEVER_QUANTIFIER.sub(lambda found: r"\{" if found[1] else found[0], expression)
    if _written_out(plain) > LARGEST:
        raise PatternError(f"the expression {expression!r} counts to more than {LARGEST}: count less")
    try:
        compiled = regex.compile(plain, regex.VERSION0 | regex.UNICODE | (regex.IGNORECASE if ignore_case else 0))
    except regex.error as error:
        raise PatternError(f"the expression {expression!r} cannot be read: {error}") from error
    except RecursionError as error:
        raise PatternError(f"the expression {expression[:40]!r}… is nested too deeply") from error
    words, exact = _words(plain)
    if ignore_case:
        usable = all(word.isascii() for word in words)
        return Pattern(compiled, tuple(map(str.lower, words)) if usable else ("",), True, False)
    return Pattern(compiled, words, False, exact)


def runs_away(pattern: Pattern) -> bool:
    """Try a pattern on texts that make careless expressions backtrack for ever."""
    hints = (word * (500 // len(word) + 1) + "\0" for word in pattern.words if word)
    try:
        for text in (*_CALIBRATION, *hints):
            pattern.search(text)
    except TimeoutError:
        return True
    return False


def _written_out(expression: str) -> int:
    """Return how long an expression is with its counts written out."""
    open_, last = [0], 0
    for token in _TOKEN.finditer(expression):
        if token["open"]:
            open_.append(0)
        elif token["close"] and len(open_) > 1:
            last = open_.pop() + 1
            open_[-1] += last
        elif (many := token["many"]) and many[0] == "{":
            times = max((int(number[-9:]) for number in re.findall(r"\d+", many)), default=1)
            open_[-1] += last * (max(times, 1) - 1)
            last *= max(times, 1)
        else:
            last = 1
            open_[-1] += 1
    return sum(open_)


def _words(expression: str) -> tuple[tuple[str, ...], bool]:
    """Return one word of each alternative, and whether the alternatives are nothing but these words.

    Reads only what it is sure of. The empty word, which every text holds, stands for "cannot say".
    """
    runs: list[list[str]] = [[]]  # of each alternative: its literal runs
    depth, run, exact = 0, "", True
    for token in _TOKEN.finditer(expression):
        kind, literal = token.lastgroup, ""
        if _unsure(token):
            return ("",), False
        if kind == "char" or (kind == "escaped" and not token["escaped"].isalnum()):
            literal = token["escaped"] or token["char"]
        if literal and not depth:
            run += literal
            continue
        exact &= kind == "or"
        if not depth:
            runs[-1].append(run[:-1] if kind == "many" else run)
            run = ""
            if kind == "or":
                runs.append([])
        depth += (kind == "open") - (kind == "close")
    runs[-1].append(run)
    words = tuple(max(alternative, key=len) for alternative in runs)
    return (words, exact) if all(words) else (("",), False)


def _unsure(token: re.Match[str]) -> bool:
    """Say whether a token means more than the reader of words knows: flags, references, code points, nested sets."""
    escaped, group, chosen = token["escaped"], token["kind"], token["set"]
    if escaped:
        return escaped.isalnum() and escaped not in _PLAIN_ESCAPES
    if chosen:
        return "[" in chosen[1:]
    return bool(group) and group not in _GROUPS
