"""The translations of a language, read once from its `.po` file when somebody first asks for it.

The text of the repository is the catalogue: nothing is compiled at build time, so a clone, a wheel and a running server
read the same file. English needs none, since the messages are English.
"""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).resolve().parent / "translations"


def path(language: str) -> Path:
    """Return where the catalogue of a language is kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the translations of a language; what it lacks stays English. A broken file raises PoFileError."""
    file = path(language)
    if not file.is_file():
        return NullTranslations()
    with file.open("rb") as source:
        read = read_po(source, locale=language, ignore_obsolete=True, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)
