"""Text that strangers wrote, as it may be shown: in a terminal, a page, JSON, CSV or an alert.

Anyone can bring a proposal, name a token or make a contract refuse in words of his own. `foreign` is the one way from
such a text to a reader, `cleaned` the same for all of a document, `guarded` makes a cell of it that is no formula to a
spreadsheet; `url_place` is what may be shown of a URL. Below everything, so that errors use it too; only the standard
library is loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.hidden import HIDDEN, without_begun, without_hidden

LINE: Final = 200
"""Letters of one line that a stranger may fill."""
TEXT: Final = 4_000
"""Letters of a text of several lines that a stranger may fill."""
SCHEMES: Final = frozenset({"http", "https", "ws", "wss", "postgres", "postgresql", "postgresql+psycopg"})
"""Of URLs that are shown."""
NO_DESCRIPTION: Final = "(no description)"
GUARD: Final = "'"
FORMULA: Final = ("=", "+", "-", "@")
"""How cells begin that a spreadsheet takes for formulas."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS = frozenset({"Mn", "Me"})
_SPACES = frozenset("\u00a0\u2009\u202f")  # of numbers and units: they stay as they are
# Letters by their category that no font shows: fillers, joiners, variation selectors, tags, the empty braille cell.
_BLANK = ((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
          (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))  # fmt: skip
# A backslash before a bracket that opens no tag: rich takes it for an escape, and shows one backslash less.
_NO_TAG = re.compile(r"(\\+)\[(?![a-z#/@][^\[]*?\])")
_PLAIN_KINDS = frozenset({float, int, bool, type(None)})
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
_LEAST_SECRET = 4  # letters of a part of a URL that is hidden in what others say
_MARKS_IN_A_ROW = 2  # more of them grow over the lines above and below


class ForeignText(str):
    """A string whose bytes are no UTF-8: they are replaced in it, and kept as `raw`."""

    raw: bytes

    def __new__(cls, raw: bytes) -> ForeignText:
        """Decode the bytes."""
        made = super().__new__(cls, raw.decode("utf-8", errors="replace"))
        made.raw = raw
        return made


_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z _./-]{0,23}")
NOT_SHOWN: Final = "(not shown)"
_HEX: Final = re.compile("0x[0-9a-fA-F]*")


def decoded(raw: bytes) -> str:
    """Return the text that bytes are; a `ForeignText` where they are none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ForeignText(raw)


def raw_of(text: str) -> bytes:
    """Return the bytes that a text was decoded from, for whoever hashes them.

    >>> raw_of(decoded(b"\\xff")), raw_of("é")
    (b'\\xff', b'\\xc3\\xa9')
    """
    return text.raw if isinstance(text, ForeignText) else text.encode("utf-8", errors="surrogatepass")


def foreign(text: object, most: int | None = LINE, *, lines: bool = False, markup: bool = False) -> str:
    r"""Return a stranger's text without what could disguise it, cut to a length.

    Control and escape characters, those of zero width and of direction, lone surrogates, and more than two combining
    marks in a row are dropped; other white space is a space. What it then quotes of a secret is hidden, see
    `bridge.hidden`.

    Parameters
    ----------
    text
        What is shown as `str` shows it; bytes are taken as UTF-8, what is none is replaced.
    most
        Letters that are left at most; None for all.
    lines
        Keep line ends; else a text is one line.
    markup
        Escape what rich takes for markup, for a text inside of a line that has some of its own. Backslashes at its end
        are dropped: they would escape the tag that follows.

    Examples
    --------
    >>> foreign("US\u200bDC\x1b[2J"), foreign("pay\nme"), foreign(b"\xff!"), foreign("abcdef", 4)
    ('USDC[2J', 'pay me', '\ufffd!', 'abc…')
    """
    words = text.decode("utf-8", errors="replace") if isinstance(text, (bytes, bytearray)) else str(text)
    long = most is not None and len(words) > 8 * most
    words = seen(words[: 8 * most] if most is not None else words, lines)
    # Nobody reads on, so nobody need look at every letter.
    words = without_hidden(without_begun(words) + " …" if long else words)
    if not lines:
        words = words.strip()
    if most is not None and len(words) > most:
        words = words[: most - 1].rstrip() + "…"
    if markup:
        from rich.markup import escape  # only who prints waits for it

        words = _NO_TAG.sub(r"\1\\[", escape(words.rstrip("\\")))
    return words


def seen(words: str, lines: bool) -> str:
    """Return a text without the letters that nobody sees; line ends stay, or are spaces."""
    if words.isascii() and words.isprintable():
        return words
    words = words.replace("\r\n", "\n")
    kept: list[str] = []
    marks = 0
    for letter in words:
        kind = unicodedata.category(letter)
        if letter in "\n\r\v\f\x85" or kind in ("Zl", "Zp"):
            kept.append("\n" if lines else " ")
        elif letter == "\t" or (kind == "Zs" and letter not in _SPACES):
            kept.append(" ")
        elif kind in _UNSEEN or _is_blank(ord(letter)) or (kind in _MARKS and marks == _MARKS_IN_A_ROW):
            continue
        else:
            kept.append(letter)
        marks = marks + 1 if kind in _MARKS else 0
    return "".join(kept)


def _is_blank(point: int) -> bool:
    return point >= _BLANK[0][0] and any(first <= point <= last for first, last in _BLANK)


@lru_cache(maxsize=4_096)
def _name(text: str) -> str:
    """Return the name of a value: a document says the same few again and again."""
    return seen(text, lines=False).strip()


def cleaned(content: Any) -> Any:
    r"""Return a document of lists, dicts and plain values with every text in it, keys too, as `foreign` leaves it.

    >>> cleaned({"na\u202eme": ["a\x00b", 1]})
    {'name': ['ab', 1]}
    """
    if type(content) in _PLAIN_KINDS:  # most of a document, so asked first
        return content
    if isinstance(content, str):
        return foreign(content, None, lines=True)
    if isinstance(content, Mapping):
        names = (
            (without_hidden(_name(name)) if isinstance(name, str) else name, each) for name, each in content.items()
        )
        return {name: cleaned(each) for name, each in names}
    if isinstance(content, (list, tuple)):
        return [cleaned(each) for each in content]
    return content


def guarded(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula: an apostrophe before = + - and @.

    >>> guarded("=1+1"), guarded("-0.5"), guarded("sold"), unguarded(guarded("'=x"))
    ("'=1+1", '-0.5', 'sold', "'=x")
    """
    begins = text[:1] in FORMULA if text[:1] != GUARD else text[1:2] in (*FORMULA, GUARD)
    return GUARD + text if text and begins and _PLAIN_NUMBER.fullmatch(text) is None else text


def unguarded(cell: str) -> str:
    """Return the text of a cell, without the apostrophe that guards it."""
    return cell[1:] if cell[:1] == GUARD and cell[1:2] in (*FORMULA, GUARD) and cell[1:2] else cell


def title_of(description: str, most: int = 80) -> str:
    """Return the first line of a proposal's description that says anything, without the signs of a heading.

    >>> title_of("\\n# Pause\\nAt once."), title_of("")
    ('Pause', '(no description)')
    """
    first = (foreign(line, most).lstrip("# ").strip() for line in description[: 64 * most].splitlines())
    return next(filter(None, first), NO_DESCRIPTION)


def url_place(url: str) -> str:
    """Return the scheme and host of a URL, which is all that may be shown: path, login and options can hold a key.

    So can a scheme that nobody knows: it may be a password before "://".

    >>> url_place("https://ann:pass@node.example:8545/v3/KEY?x=1"), url_place("key@here")
    ('https://node.example:8545', 'a malformed URL')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    # A slash in a password ends the host too early: what is then taken for the host is the name before it.
    if not host or parts.scheme not in SCHEMES or "@" in parts.path + parts.query + parts.fragment:
        return "a malformed URL"
    host = f"[{host}]" if ":" in host else host
    return foreign(f"{parts.scheme}://{host}" + (f":{port}" if port is not None else ""))


def is_here(url: str) -> bool:
    """Tell whether a URL is of this machine; one that is malformed may be.

    >>> is_here("http://127.0.0.1:8545"), is_here("https://node.example/v3/KEY")
    (True, False)
    """
    host = url_place(url).partition("://")[2]
    return not host or host.startswith(("127.", "localhost", "[::1]"))


def shown_address(address: str) -> str:
    """Return where a database is, as people may see it: a path as it is, of a URL its scheme and host alone."""
    scheme, slashes, rest = address.partition("://")
    if slashes and scheme in SCHEMES and rest.startswith("/") and "@" not in rest:  # of a socket
        return foreign(f"{scheme}:// of this machine")
    return url_place(address) if slashes else address


def setting_word(text: object) -> str:
    """Return a name that a setting gives, quoted, where it is a plain word of letters; it may be a key or a login.

    >>> setting_word("pool"), setting_word("sk-5e5e5e"), setting_word("https://ann:pass@host")
    ("'pool'", '(not shown)', '(not shown)')
    """
    return f"'{text}'" if isinstance(text, str) and _PLAIN.fullmatch(text) else NOT_SHOWN


def without_url(text: object, url: str) -> str:
    """Return what somebody said of a request, cleaned, without whatever of its URL is no place: it may quote the key.

    >>> without_url("no project KEY12345 at /v3/KEY12345", "https://node.example/v3/KEY12345")
    'no project *** at /v3/***'
    """
    return _without(seen(str(text), lines=True), url)


def quotes_url(text: str, url: str) -> bool:
    """Tell whether a text holds any part of a URL that is no place."""
    return _without(text, url) != text


def _without(text: str, url: str) -> str:
    words, (_, _, rest) = text.replace(url, url_place(url)), url.partition("://")
    login, _, place = rest.rpartition("@")
    secrets = {*_split(login), *_split(place.partition("/")[2]), *_headers(login)} - {""}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            words = re.sub(re.escape(secret), HIDDEN, words, flags=re.IGNORECASE)
        elif secret in _split(login):  # a short one by itself only: its letters are in other words too
            words = re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", HIDDEN, words)
    return words


def _headers(login: str) -> list[str]:
    """Return a login as a request's header writes it."""
    from base64 import b64encode
    from urllib.parse import unquote

    return [b64encode(unquote(login).encode()).decode().rstrip("=")] if login else []


def _split(text: str) -> list[str]:
    from urllib.parse import unquote

    for sign in ":?&=#@":
        text = text.replace(sign, "/")
    parts = text.split("/")
    return [*parts, *map(unquote, parts)]


def is_hex(text: object) -> bool:
    """Tell whether a text is 0x and whole bytes in hex; of one that is long nothing more than itself is held.

    >>> is_hex("0x00ff"), is_hex("0x0"), is_hex("ff"), is_hex(None)
    (True, False, False, False)
    """
    return isinstance(text, str) and len(text) % 2 == 0 and _HEX.fullmatch(text) is not None
