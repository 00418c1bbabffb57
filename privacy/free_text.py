"""Which characters a text may hold that one person writes and another one reads (pure).

A character that cannot be seen lets a text say something else than what is read: a control character, half of a pair,
or one that turns the direction in which letters are drawn (Unicode Standard Annex 9, §2: embeddings, overrides and
isolates). All others stay, those too that join letters or emoji, and the marks with which Hebrew and Arabic are
written.
"""

import unicodedata
from typing import Final

from privacy.messages import N_

UNSEEN: Final = N_(
    "A character in it cannot be seen, or turns the direction of the letters: U+%(code)s, the one at place %(letter)s."
    " Take it out, or type the text instead of pasting it."
)
_REFUSED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES: Final = frozenset("\n\r\t")


def unseen(text: str, *, lines: bool = False) -> dict[str, str] | None:
    """Return the values of `UNSEEN` for the first character that no text may hold, None if there is none such.

    Line breaks and tabs are among them, unless `lines` may be broken. Places count from 1.
    """
    for place, each in enumerate(text, start=1):
        if (unicodedata.category(each) in _REFUSED or each in _TURNING) and not (lines and each in _LINES):
            return {"code": f"{ord(each):04X}", "letter": str(place)}
    return None
