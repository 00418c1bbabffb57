"""Marks English texts that the portal shows in the reader's language.

The packages below the portal know no request and so no language: they keep their texts in English, in one place each,
and the portal translates them when it shows them. The mark only makes `docs.translations` collect the text.
"""


def N_(message: str) -> str:
    """Return `message` as it is; the mark is for the extractor."""
    return message
