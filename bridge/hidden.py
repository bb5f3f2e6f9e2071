"""What must be shown to nobody, and whatever quotes it: keys and passwords in URLs and headers that this process uses.

    a URL or a key is used -> `keep_hidden` -> every text of others, cleaned, goes through `without_hidden`

A node, a service or a contract may quote what it was sent, in words, JSON, or a string that is decoded long after. So
it is not who reads an answer that hides: it is the one way to a reader, `bridge.foreign.foreign`. Only what looks like
a secret is hidden everywhere; the other parts of a URL are hidden where its node speaks (`bridge.foreign.without_url`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

HIDDEN: Final = "***"
QUOTES_A_SECRET: Final = "(not shown: it quotes a key or a password of the settings)"
LEAST: Final = 6
"""Letters of what is said to be a key or a password; a shorter one is in other words too."""
LEAST_PART: Final = 8
"""Letters of a part of a path or an option that is taken for a key, where it has a digit or a capital letter."""
LONG: Final = 20
"""Letters of a part that is a key whatever it is made of."""
MOST: Final = 64
"""Secrets of one process; of more the oldest are forgotten."""
_NO_LETTER: Final = re.compile(r"[\W_]+")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_KEPT: dict[str, None] = {}


class _Patterns(NamedTuple):
    """How secrets are found: as they are in any case, as bytes are written, and with other signs between letters."""

    plain: re.Pattern[str]
    written: re.Pattern[str]
    bare: tuple[str, ...]


_PATTERNS: list[_Patterns] = []


def keep_hidden(url: str, keys: Iterable[str] = ()) -> None:
    """Hide, from now on, what is secret of a URL, and keys that are sent with it."""
    found = [*_secrets(url), *(key for key in keys if len(key) >= LEAST)]
    if all(each in _KEPT for each in found):
        return
    _KEPT.update(dict.fromkeys(found))
    for oldest in [*_KEPT][:-MOST]:
        del _KEPT[oldest]
    _PATTERNS[:] = [_patterns(sorted(_KEPT, key=len, reverse=True))]


def without_hidden(words: str) -> str:
    """Return a cleaned text without the secrets in it; a few words in its place where they are still told.

    They are found in any case, escaped as in a URL, in base64 and in hex, and with other signs between their letters.
    """
    if not _PATTERNS:
        return words
    (patterns,) = _PATTERNS
    words = patterns.written.sub(HIDDEN, patterns.plain.sub(HIDDEN, words))
    bare = _NO_LETTER.sub("", _unescaped(words)).casefold()
    return QUOTES_A_SECRET if any(secret in bare for secret in patterns.bare) else words


def without_begun(words: str) -> str:
    """Return a text that was cut off, without the beginning of a secret at its end."""
    low = words.casefold()
    for secret in _KEPT:
        for length in range(len(secret) - 1, 2, -1):
            if low.endswith(secret[:length].casefold()):
                return words[:-length]
    return words


def _unescaped(words: str) -> str:
    """Return a text with what stands for letters in JSON, HTML and URLs as those letters."""
    if "\\" in words:
        words = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), words)
    if "&" in words:
        words = unescape(words)
    return unquote(words, errors="ignore") if "%" in words else words


def _secrets(url: str) -> Iterator[str]:
    """Yield what is secret of a URL: its password, and parts of path and options that look like a key."""
    try:
        parts = urlsplit(url)
        login, user, password = parts.netloc.rpartition("@")[0], parts.username or "", parts.password or ""
    except ValueError:
        return
    for each in (password, login if password else user):
        for secret in {each, unquote(each)}:
            if len(secret) >= LEAST and (each != user or _is_key(secret)):
                yield secret
    for part in re.split(r"[/?&=#:;,]", f"{parts.path}/{parts.query}/{parts.fragment}"):
        for secret in {part, unquote(part)}:
            if _is_key(secret):
                yield secret


def _is_key(part: str) -> bool:
    marked = any(letter.isdigit() or letter.isupper() for letter in part)
    return len(part) >= LONG or (len(part) >= LEAST_PART and marked)


def _patterns(secrets: list[str]) -> _Patterns:
    plain = [_in_any_case(secret) for secret in secrets]
    written = {form for secret in secrets for form in _written(secret)}
    bare = {_NO_LETTER.sub("", secret).casefold() for secret in secrets}
    return _Patterns(
        re.compile("|".join(plain), re.IGNORECASE),
        re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True)))),
        tuple(each for each in bare if len(each) >= LEAST_PART),
    )


def _in_any_case(secret: str) -> str:
    """Return a pattern of a secret, each letter as it is or escaped as in a URL, and of its bytes in hex."""
    letters = [f"(?:{re.escape(letter)}|{_escaped(letter)})" for letter in secret]
    return "".join(letters) + "|" + secret.encode().hex()


def _escaped(letter: str) -> str:
    """Return a pattern of a letter as a URL escapes it, in both cases."""
    forms = {letter, letter.lower(), letter.upper()}
    return "|".join("".join(f"%{byte:02x}" for byte in form.encode()) for form in sorted(forms))


def _written(secret: str) -> Iterator[str]:
    """Yield the base64 of a secret, in each case and wherever it begins in what is encoded."""
    for form in {secret, secret.lower(), secret.upper(), secret.swapcase()}:
        data = form.encode()
        for before in range(3):
            whole = b64encode(bytes(before) + data).decode().rstrip("=")
            # The first letters hold what comes before as well, the last one what comes after.
            first, last = -(-before * 8 // 6), len(whole) - bool((before + len(data)) % 3)
            core = whole[first:last]
            yield from {core, core.translate(str.maketrans("+/", "-_"))}
