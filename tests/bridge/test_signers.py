"""Keys: they sign, and are in no representation, error or traceback."""

from __future__ import annotations

import hashlib
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from Crypto.Cipher import AES
from Crypto.Util import Counter
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils import keccak

from bridge.chain.signers import (
    KEY_VARIABLE,
    PASSWORD_VARIABLE,
    Signer,
    environment_signer,
    keystore_signer,
    local_signer,
)
from bridge.errors import BadConfig, BadFile, BridgeError, RefusedAction

pytestmark = pytest.mark.unit
KEY = "5e" * 32
PASSWORD = "correct horse"
ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"


@pytest.fixture
def keystore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Account.encrypt("0x" + KEY, PASSWORD, kdf="pbkdf2", iterations=2)), encoding="utf-8")
    return path


def refused(open_: Callable[[], Signer], error: type[BridgeError]) -> str:
    """Return everything that a user could see of a refusal: message and the whole traceback."""
    with pytest.raises(error) as caught:
        open_()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("prefix", ["", "0x"])
def test_environment_signer__a_key__signs_and_shows_its_address_only(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, prefix + KEY)
    signer = environment_signer()
    assert signer.address == Account.from_key(KEY).address
    for shown in (repr(signer), str(signer), f"{signer}", repr(vars(signer))):
        assert KEY not in shown.lower()
        assert "privatekey" not in shown.lower()
    message = encode_defunct(text="ALVH")
    assert Account.recover_message(message, signature=signer.sign_message(message)) == signer.address


@pytest.mark.parametrize("bad", [KEY[:-2], KEY + "00", "zz" + KEY[2:], "0x", "é" + KEY, "00" * 32, ORDER])
def test_environment_signer__malformed_key__is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, bad)
    shown = refused(environment_signer, BadConfig)
    assert f"{KEY_VARIABLE} is not a private key" in shown
    assert len(bad) < 8 or bad[:8] not in shown


def test_environment_signer__no_key__says_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(BadConfig, match=f"set {KEY_VARIABLE}, or name a keystore"):
        environment_signer()


def test_keystore_signer__right_password__opens_it(keystore: Path) -> None:
    signer = keystore_signer(keystore)
    assert signer.address == Account.from_key(KEY).address
    assert KEY not in repr(signer) + str(signer)


def test_keystore_signer__wrong_password__is_refused_without_password_or_key(
    keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, "battery staple")
    shown = refused(lambda: keystore_signer(keystore), BadFile)
    assert "the password is wrong" in shown
    assert not [secret for secret in (KEY, PASSWORD, "battery staple") if secret in shown]


def test_keystore_signer__no_password__names_the_variable(keystore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    with pytest.raises(BadConfig, match=PASSWORD_VARIABLE):
        keystore_signer(keystore)


@pytest.mark.parametrize(
    "text", ["", "5", "[]", "{}", f'"{KEY}"', KEY, '{"version": 99}', '{"version": 3, "crypto": []}', "\x00"]
)
def test_keystore_signer__not_a_keystore__is_refused_and_not_repeated(keystore: Path, text: str) -> None:
    keystore.write_text(text, encoding="utf-8")
    shown = refused(lambda: keystore_signer(keystore), BadFile)
    assert "not a keystore" in shown
    assert KEY not in shown


def test_keystore_signer__absent_or_a_folder__is_a_bad_file(keystore: Path) -> None:
    with pytest.raises(BadFile, match="no such keystore"):
        keystore_signer(keystore.with_name("none.json"))
    with pytest.raises(BadFile, match="cannot be read"):
        keystore_signer(keystore.parent)


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("kdfparams", "C", 2_000_000_000),
        ("kdfparams", "\u212a", 2_000_000_000),  # whose small letter is k
        ("kdfparams", "Dklen", 2**33),
        ("kdfparams", "rounds", 1),
        ("kdfparams", "c", True),
        ("crypto", "KDFParams", {"c": 2_000_000_000, "dklen": 32, "prf": "hmac-sha256", "salt": "00"}),
        ("", "Crypto", {"kdf": "pbkdf2", "kdfparams": {"c": 2_000_000_000}}),
        ("", "version", 4),
        ("", "Version", 4),
    ],
)
@pytest.mark.parametrize("instead", [False, True])
def test_keystore_signer__work_without_end_under_another_spelling__is_refused_at_once(
    keystore: Path, where: str, name: str, value: object, instead: bool
) -> None:
    content = json.loads(keystore.read_text(encoding="utf-8"))
    part = content if not where else content["crypto"] if where == "crypto" else content["crypto"]["kdfparams"]
    if instead:
        part.pop(name.lower(), None)
    part[name] = value
    keystore.write_text(json.dumps(content), encoding="utf-8")
    before = time.monotonic()
    assert "not a keystore" in refused(lambda: keystore_signer(keystore), BadFile)
    assert time.monotonic() - before < 5.0


def test_keystore_signer__scrypt_of_every_bound_at_once__is_refused_at_once(keystore: Path) -> None:
    content = json.loads(keystore.read_text(encoding="utf-8"))
    content["crypto"] |= {"kdf": "scrypt", "kdfparams": {"n": 1 << 20, "r": 32, "p": 16, "dklen": 32, "salt": "00"}}
    keystore.write_text(json.dumps(content), encoding="utf-8")
    before = time.monotonic()
    assert "not a keystore" in refused(lambda: keystore_signer(keystore), BadFile)
    assert time.monotonic() - before < 5.0


def test_keystore_signer__names_in_capitals__open_it(keystore: Path) -> None:
    def upper(part: object) -> object:
        return {name.upper(): upper(each) for name, each in part.items()} if isinstance(part, dict) else part

    keystore.write_text(json.dumps(upper(json.loads(keystore.read_text(encoding="utf-8")))), encoding="utf-8")
    assert keystore_signer(keystore).address == Account.from_key(KEY).address


def test_local_signer__local_chain__is_the_documented_first_account() -> None:
    assert local_signer(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.mark.parametrize("chain_id", [1, 10, 137, 1337])
def test_local_signer__any_other_chain__is_refused(chain_id: int) -> None:
    with pytest.raises(RefusedAction, match=f"this is chain {chain_id}"):
        local_signer(0, chain_id)


def test_keystore_signer__key_written_without_its_leading_zero__opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, salt, iv = bytes.fromhex("5e" * 31), b"\1" * 32, b"\2" * 16
    derived = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 2, 32)
    cipher = AES.new(derived[:16], AES.MODE_CTR, counter=Counter.new(128, initial_value=int.from_bytes(iv, "big")))
    text = cipher.encrypt(short)
    crypto = {
        "cipher": "aes-128-ctr", "cipherparams": {"iv": iv.hex()}, "ciphertext": text.hex(), "kdf": "pbkdf2",
        "kdfparams": {"c": 2, "dklen": 32, "prf": "hmac-sha256", "salt": salt.hex()},
        "mac": keccak(derived[16:32] + text).hex(),
    }  # fmt: skip
    path = tmp_path / "geth.json"
    path.write_text(json.dumps({"version": 3, "id": "0", "crypto": crypto}), encoding="utf-8")
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert keystore_signer(path).address == Account.from_key(b"\0" + short).address
