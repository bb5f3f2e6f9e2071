"""The address book: addresses are addresses, and a bad file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.deployment import Deployment, load_deployment
from bridge.errors import BadFile

pytestmark = pytest.mark.unit
FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SECOND = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def book() -> Deployment:
    return Deployment(
        chain_id=5,
        contracts={"HedgeParameters": FIRST},
        feeds={"ETH": SECOND},
        assets={FIRST: "USD"},
        price_pools={"ETH": SECOND},
        accounts={"lp": SECOND},
    )


def test_load_deployment__as_saved__is_equal(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "deployment.json"
    book().save(path)
    assert load_deployment(path) == book()


def test_address__contract_or_account__is_found_by_name() -> None:
    assert (book().address("HedgeParameters"), book().address("lp")) == (FIRST, SECOND)


def test_address__unknown_name__is_named() -> None:
    with pytest.raises(BadFile, match="has no address for HedgeGovernor"):
        book().address("HedgeGovernor")


def test_load_deployment__addresses_in_lower_case__get_their_checksum(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(book().model_dump_json().lower().replace("usd", "USD").replace("hedgep", "HedgeP"), "utf-8")
    found = load_deployment(path)
    assert found.address("HedgeParameters") == FIRST
    assert found.assets == {FIRST: "USD"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a deployment"),
        ("[]", "file: "),
        ("{}", "chain_id: is missing: add it"),
        (book().model_dump_json().replace(FIRST, "0x1234"), "contracts.HedgeParameters: "),
        (book().model_dump_json().replace('"chain_id":5', '"chain_id":"x"'), "chain_id: "),
        (book().model_dump_json().replace('"chain_id":5', '"chain_id":5,"chian":1'), "chian: unknown setting"),
    ],
)
def test_load_deployment__wrong_content__names_file_and_field(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        load_deployment(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_load_deployment__absent__says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="`alvh init` is for a public network, `alvh up` a local chain"):
        load_deployment(tmp_path / "none.json")


def test_load_deployment__a_folder_or_no_text__cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\xff\xfe")
    for path in (tmp_path, broken):
        with pytest.raises(BadFile, match=r"cannot be read|not a deployment"):
            load_deployment(path)
