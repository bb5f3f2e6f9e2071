"""Keys and passwords of this process in the words of others, in whatever way they are written: nobody is shown them."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from eth_abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import hidden
from bridge.chain.connection import Connection
from bridge.chain.reverts import decode_reason
from bridge.errors import ChainError
from bridge.foreign import cleaned, foreign, title_of
from bridge.hidden import QUOTES_A_SECRET, keep_hidden, without_hidden

INVISIBLE = ("\u200b", "\x00", "\x1b", "\u202e", "\ufe0f", "\u3164", "\ud800", "\U000e0041", "\u00ad")


def between(sign: str) -> Callable[[str], str]:
    """Return a disguise: a sign after each third letter."""
    return lambda text: sign.join(text[at : at + 3] for at in range(0, len(text), 3))


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "reversed case": str.swapcase,
    "capitals": str.upper,
    "escaped as in a URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "escaped as in JSON": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "escaped as in HTML": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 behind a letter": lambda text: b64encode(f"x{text} y".encode()).decode(),
    "base64 behind two letters": lambda text: b64encode(f"xy{text}z".encode()).decode(),
    "base64 in the other case": lambda text: b64encode(f"key {text.swapcase()} z".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "spaced": between(" "),
    "with dashes": between("-"),
} | {f"with U+{ord(sign):04X}": between(sign) for sign in INVISIBLE}


def tells(shown: str, secret: str) -> bool:
    """Tell whether a reader can read a secret in what he is shown."""
    forms = [shown, unquote(shown), re.sub(r"\\u(....)", lambda found: chr(int(found[1], 16)), shown)]
    for token in re.findall(r"[A-Za-z0-9+/_-]{8,}", shown):
        for cut in range(4):
            part = token[cut : cut + (len(token) - cut) // 4 * 4]
            forms.append(b64decode(part.translate(str.maketrans("-_", "+/"))).decode("latin-1"))
    for token in re.findall(r"(?:[0-9a-f]{2}){4,}", shown):
        forms.append(bytes.fromhex(token).decode("latin-1"))
    bare = re.sub(r"[\W_]+", "", secret).casefold()
    return any(bare in re.sub(r"[\W_]+", "", form).casefold() for form in forms)


SECRETS = st.text(st.sampled_from("abcdefghXYZ0123456789_-"), min_size=12, max_size=40).filter(
    lambda text: len(re.sub(r"[\W_]+", "", text)) >= 10 and any(letter.isalnum() for letter in text)
)


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(max_examples=15)
@given(secret=SECRETS, before=st.text(max_size=30), lines=st.booleans())
def test_foreign__secret_in_a_disguise__is_not_told(disguise: str, secret: str, before: str, lines: bool) -> None:
    hidden._KEPT.clear()
    keep_hidden(f"https://ann:pw{secret}@node.example/v3/{secret}9?network=base", [secret])
    said = f"{before} {DISGUISES[disguise](secret)} end"
    for shown in (foreign(said, None, lines=lines), foreign(said), str(ChainError(said)), str(cleaned({said: [said]}))):
        assert not tells(shown, secret)
    reason = bytes.fromhex("08c379a0") + encode(["bytes"], [said.encode(errors="surrogatepass")])
    assert not tells(str(decode_reason(reason, "trying")), secret)
    assert not tells(title_of(said), secret)


@settings(max_examples=50)
@given(secret=SECRETS, at=st.integers(0, 60), sign=st.sampled_from(INVISIBLE))
def test_foreign__secret_where_a_text_is_cut__is_not_begun(secret: str, at: int, sign: str) -> None:
    hidden._KEPT.clear()
    keep_hidden("", [secret])
    most = 50
    for said in (
        "w " * (most // 2 - at // 2) + secret,
        sign * (8 * most - at) + secret,
        "." * (8 * most - at) + secret,
    ):
        shown = foreign(said, most)
        assert not any(secret[:length] in shown for length in range(4, len(secret))), shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "no project at http://127.0.0.1:8545"),
        ("https://node.example/rpc/mainnet?network=ethereum", "network ethereum of mainnet: rpc"),
        ("https://ann:pw1@node.example/eth", "eth of ann with pw1"),
        ("not a url", "not a url"),
    ],
)
def test_keep_hidden__plain_words_of_a_url__stay(url: str, shown: str) -> None:
    keep_hidden(url)
    assert foreign(shown) == shown


def test_connection__key_in_a_header__is_hidden_and_its_kind_is_not() -> None:
    Connection("http://127.0.0.1:1", {"Authorization": "Bearer sk-1234567"})
    assert foreign("Bearer sk-1234567, SK 1234567") == QUOTES_A_SECRET
    assert foreign("Bearer sk-1234567") == "Bearer ***"


def test_keep_hidden__of_many__the_newest_are_hidden() -> None:
    for number in range(200):
        keep_hidden("", [f"secret-key-{number:03}"])
    assert len(hidden._KEPT) == hidden.MOST
    assert without_hidden("secret-key-199") == "***"
