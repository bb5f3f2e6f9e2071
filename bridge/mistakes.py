"""What is wrong, in plain words: pydantic's kinds of mistakes and what to do about each; times and floats in errors.

What was given as a setting is never repeated here: it may hold a key or a login.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hedge.errors import dated

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_TIMES: Final = re.compile(r"(?:^a|A)t$|^(?:clock|deadline|expiry|since|timepoint|timestamp|windowStart)$")
"""Arguments of our contracts' errors that are seconds since 1970; of a clock that counts blocks they are smaller."""
_SECONDS: Final = range(1_000_000_000, 1 << 32)
_ARTEFACT: Final = re.compile(r"(?<![\w.])-?[0-9]+\.[0-9]*?(?:0{6,}[0-9]{1,2}|9{6,}[0-9]{0,2})(?![\w.])")
_DIGITS: Final = (16, 17)
"""Of a float that computing left beside a short number; amounts of tokens have more, or fewer."""
_OWN: Final = "Value error, "
"""Before the words of our own checks, which are said as they are."""
_WORDS: Final = {
    "missing": "is missing: add it",
    "extra_forbidden": "unknown setting: correct its name, or take it out",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "finite_number": "must be a number that is not endless",
    "multiple_of": "must be a multiple of {multiple_of}",
    "too_short": "must have {min_length} or more entries, and has {actual_length}",
    "too_long": "must have {max_length} entries or fewer",
    "string_too_short": "must have {min_length} or more letters",
    "string_too_long": "must have {max_length} letters or fewer",
    "string_pattern_mismatch": "must be written as the pattern {pattern} says",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "bytes_type": "must be text in quotes",
    "path_type": "must be a path in quotes",
    "none_required": "must be left out",
    "decimal_parsing": "must be a number",
}
_KINDS: Final = {
    "string": "must be text in quotes",
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "date": "must be a date such as 2026-02-01",
    "datetime": "must be a time such as 2026-02-01T12:00:00Z",
    "list": "must be a list, in square brackets",
    "tuple": "must be a list, in square brackets",
    "set": "must be a list, in square brackets",
    "frozen": "must be a list, in square brackets",
    "dict": "must be a table of names and values",
    "mapping": "must be a table of names and values",
    "model": "must be a table of settings",
    "dataclass": "must be a table of settings",
    "url": "must be a URL such as https://host",
}
"""By how the name of a kind begins, where the kind itself has no words of its own."""


def plain_mistake(error: ErrorDetails | Any) -> str:
    """Say what a model expects where a mistake is, without what was given there.

    >>> plain_mistake({"type": "greater_than", "msg": "Input should be greater than 0", "ctx": {"gt": 0}})
    'must be above 0'
    >>> plain_mistake({"type": "value_error", "msg": "Value error, is no asset"})
    'is no asset'
    """
    kind, said = str(error["type"]), str(error["msg"]).removeprefix(_OWN)
    words = _WORDS.get(kind) or _KINDS.get(kind.partition("_")[0])
    if words is None:
        return said
    context = {name: _counted(value) for name, value in error.get("ctx", {}).items()}
    try:
        return words.format(**context)
    except LookupError:  # a model may say less than the library's own checks do
        return said


def _counted(value: object) -> object:
    """Return a bound without the point that a whole one has as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def argument_words(name: str, value: object) -> object:
    """Return an argument of a contract's error as people read it: a time as a date, all else as it is.

    >>> argument_words("readyAt", 1_770_000_000), argument_words("max", 1_770_000_000)
    ('2026-02-02 02:40:00Z', 1770000000)
    """
    return dated(value) if isinstance(value, int) and value in _SECONDS and _TIMES.search(name) else value


def without_artefacts(words: str) -> str:
    """Return a text with what computing in binary left at the end of numbers taken away; exact amounts stay.

    >>> without_artefacts("99999.99999999999 or 0.30000000000000004, not 1.123456789012345678")
    '100000 or 0.3, not 1.123456789012345678'
    """

    def short(found: re.Match[str]) -> str:
        digits = found[0].lstrip("-0.").replace(".", "")
        return f"{float(found[0]):.12g}" if _DIGITS[0] <= len(digits) <= _DIGITS[1] else found[0]

    return _ARTEFACT.sub(short, words)
