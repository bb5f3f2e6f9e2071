"""A Safe Transaction Service is transport: its words are held against bytes, signatures and chain; a liar is named."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bridge.errors import BadConfig, RefusedAction, ServiceUnavailable, UntrustedNumber
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.records import SafeRecord
from bridge.safe.relayed import differences, read_relayed
from bridge.safe.service import KEY_VARIABLE, SafeService
from bridge.safe.transactions import SafeTransaction
from tests.bridge.safe_service import Service, safe_service
from tests.bridge.steps import act_through_safe, parameters_call

OWNERS = accounts("guardian")
LP = account("lp").address


@pytest.fixture
def service(anywhere: World) -> Iterator[Service]:
    with safe_service(anywhere.snapshot) as made:
        yield made


@pytest.fixture
def pausing(anywhere: World) -> SafeTransaction:
    safe = anywhere.deployment.address("guardian")
    return build_safe_transaction(anywhere.snapshot(), safe, parameters_call(anywhere, "pause"))


def signature(made: SafeTransaction, owner: int) -> str:
    return SafeRecord("x", made, {}).signed(OWNERS[owner]).signatures[OWNERS[owner].address]


def left(service: Service, made: SafeTransaction, *owners: int) -> str:
    """Leave a transaction with signatures of these owners; return its hash."""
    client, digest = SafeService(service.url), "0x" + made.digest().hex()
    client.propose(made.safe, made.proposal(OWNERS[owners[0]].address, signature(made, owners[0])))
    for owner in owners[1:]:
        client.confirm(digest, signature(made, owner))
    return digest


def test_service__transaction_left_by_one_and_confirmed_by_another__is_read_with_both_signatures(
    anywhere: World, service: Service, pausing: SafeTransaction
) -> None:
    digest = left(service, pausing, 0, 2)
    client = SafeService(service.url)
    found = read_relayed(anywhere.snapshot(), client.url, pausing.safe, client.transaction(digest), digest)
    assert found.record.transaction == pausing
    assert found.record.signatures == {OWNERS[at].address: signature(pausing, at) for at in (0, 2)}
    assert found.notes == ()
    rows, more = client.waiting(pausing.safe, 0)
    assert ([row["safeTxHash"] for row in rows], more) == ([digest], False)
    assert client.waiting(pausing.safe, pausing.nonce + 1) == ([], False)
    assert differences(anywhere.snapshot(), pausing.safe, client.safe(pausing.safe)) == []
    assert client.transaction("0x" + "12" * 32) is None


def test_service__wrong_hash_stranger_or_field__is_refused_in_its_own_words(
    anywhere: World, service: Service, pausing: SafeTransaction
) -> None:
    client, good = SafeService(service.url), pausing.proposal(OWNERS[0].address, signature(pausing, 0))
    for change, words in (
        ({"nonce": "9"}, "HTTP 422: .*does not match"),
        ({"sender": LP}, "HTTP 422: .*is not an owner or delegate"),
    ):
        with pytest.raises(ServiceUnavailable, match=words) as caught:
            client.propose(pausing.safe, good | change)
        assert caught.value.status == 422
    del good["to"]
    with pytest.raises(ServiceUnavailable, match="HTTP 400"):
        client.propose(pausing.safe, good)


def lies(change: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda kind, answer: change(copy.deepcopy(answer))


def with_fields(**fields: Any) -> Callable[[Any], Any]:
    return lambda answer: answer | fields


def confirmed(**fields: Any) -> Callable[[Any], Any]:
    return lambda answer: answer | {"confirmations": [answer["confirmations"][0] | fields]}


NOBODY = "0x" + "00" * 20


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (with_fields(data="0x3f4ba83a"), UntrustedNumber, "whose fields have the hash"),
        (with_fields(to=LP), UntrustedNumber, "whose fields have the hash"),
        (with_fields(value="1"), UntrustedNumber, "whose fields have the hash"),
        (with_fields(operation=1), UntrustedNumber, "whose fields have the hash"),
        (with_fields(nonce="1"), UntrustedNumber, "whose fields have the hash"),
        (with_fields(safeTxHash="0x" + "12" * 32), UntrustedNumber, "whose fields have the hash"),
        (with_fields(safe=LP), UntrustedNumber, "a transaction of the Safe"),
        (with_fields(gasPrice="1"), RefusedAction, r"pays for its gas out of the Safe \(gasPrice\)"),
        (with_fields(refundReceiver=LP), RefusedAction, "refundReceiver"),
        (with_fields(safeTxGas="1", gasToken=LP), RefusedAction, "safeTxGas, gasToken"),
        (with_fields(operation=2), UntrustedNumber, "no transaction"),
        (with_fields(operation=True), UntrustedNumber, "no transaction"),
        (with_fields(to=LP.lower()), UntrustedNumber, "no address with its checksum"),
        (with_fields(nonce="-1"), UntrustedNumber, "is no number"),
        (with_fields(nonce=str(2**70)), UntrustedNumber, "too large"),
        (with_fields(value="1" * 400), UntrustedNumber, "is no number"),
        (with_fields(data="0x1"), UntrustedNumber, "data or operation is none"),
        (with_fields(data="\x1b[2J"), UntrustedNumber, "data or operation is none"),
        (with_fields(confirmations={"owner": LP}), UntrustedNumber, "its list of signatures is none"),
        (with_fields(confirmations=[{}] * 201), UntrustedNumber, "longer than any Safe's"),
        (with_fields(confirmations=[7]), UntrustedNumber, "a signature that is none"),
        (confirmed(owner=OWNERS[1].address), UntrustedNumber, "one that is not that owner's"),
        (confirmed(signature="0x" + "11" * 65), UntrustedNumber, "one that is not that owner's"),
        (confirmed(signature="\x1b"), UntrustedNumber, "one that is not that owner's"),
        (lambda answer: [answer], UntrustedNumber, "no transaction"),
        (lambda answer: None, UntrustedNumber, "no transaction"),
        (lambda answer: {}, UntrustedNumber, "no transaction"),
    ],
)
def test_read_relayed__service_that_lies__is_named_and_nothing_of_it_is_used(
    anywhere: World,
    service: Service,
    pausing: SafeTransaction,
    change: Callable[[Any], Any],
    error: type[Exception],
    words: str,
) -> None:
    digest = left(service, pausing, 0)
    service.lie = lies(change)
    client = SafeService(service.url)
    content = client.transaction(digest)
    with pytest.raises(error, match=words) as caught:
        read_relayed(anywhere.snapshot(), client.url, pausing.safe, content, digest)
    assert "\x1b" not in str(caught.value)
    if error is UntrustedNumber:
        place = f"http://127.0.0.1:{service.server_port}"
        assert f"the Safe Transaction Service at {place} is not to be believed" in str(caught.value)


def test_read_relayed__other_transaction_than_asked_for__is_named(
    anywhere: World, service: Service, pausing: SafeTransaction
) -> None:
    left(service, pausing, 0)
    other = build_safe_transaction(anywhere.snapshot(), pausing.safe, (pausing.to, pausing.data), pausing.nonce + 1)
    digest = left(service, other, 0)
    service.lie = lambda kind, answer: service.rows["0x" + pausing.digest().hex()]
    client = SafeService(service.url)
    with pytest.raises(UntrustedNumber, match=f"names a transaction {digest} whose fields have the hash"):
        read_relayed(anywhere.snapshot(), client.url, pausing.safe, client.transaction(digest), digest)


def test_read_relayed__claims_that_the_chain_does_not_make__are_said_and_not_followed(
    anywhere: World, service: Service, pausing: SafeTransaction
) -> None:
    digest = left(service, pausing, 0)
    client = SafeService(service.url)
    stranger = {"owner": LP, "signature": signature(pausing, 1), "signatureType": "EOA"}
    approved = {"owner": OWNERS[1].address, "signature": "0x" + "00" * 65, "signatureType": "APPROVED_HASH"}
    service.lie = lies(
        lambda answer: (
            answer
            | {"confirmationsRequired": 1, "isExecuted": True, "trusted": False}
            | {"confirmations": [*answer["confirmations"], stranger, approved]}
        )
    )
    found = read_relayed(anywhere.snapshot(), client.url, pausing.safe, client.transaction(digest), digest)
    assert list(found.record.signatures) == [OWNERS[0].address]
    said = "\n".join(found.notes)
    for words in (
        "the service says that 1 owners must sign, the Safe says 2",
        "the service says that it was executed, and the Safe's nonce says that it was not",
        "the service does not trust it",
        f"left out: the service has a signature of {LP}, which is no owner",
        f"left out: {OWNERS[1].address} confirmed by APPROVED_HASH",
    ):
        assert words in said


def test_read_relayed__nonce_that_is_used_up__is_refused(
    anywhere: World, service: Service, pausing: SafeTransaction
) -> None:
    digest = left(service, pausing, 0)
    act_through_safe(anywhere, "guardian", *parameters_call(anywhere, "pause"))
    content = SafeService(service.url).transaction(digest)
    with pytest.raises(RefusedAction, match="is used up"):
        read_relayed(anywhere.snapshot(), service.url, pausing.safe, content, digest)


@pytest.mark.parametrize("answer", [None, {}, 7, {"nonce": "3", "threshold": 1, "owners": [LP]}])
def test_differences__service_that_says_otherwise_of_a_safe__names_each(anywhere: World, answer: Any) -> None:
    found = differences(anywhere.snapshot(), anywhere.deployment.address("guardian"), answer)
    assert [line.split(" is ")[0] for line in found] == [
        f"the service says that the Safe's {name}" for name in ("nonce", "threshold", "owners")
    ]


def test_service__busy_without_a_key_or_not_there__is_said_with_what_to_do(
    service: Service, monkeypatch: pytest.MonkeyPatch, pausing: SafeTransaction
) -> None:
    client = SafeService(service.url)
    service.busy = 2
    assert client.safe(pausing.safe)["threshold"] == 2
    service.busy, service.retry_after = 1, "3600"
    with pytest.raises(ServiceUnavailable, match="HTTP 429: it is too busy"):
        client.safe(pausing.safe)
    service.busy, service.key = 0, "KEY12345"
    with pytest.raises(ServiceUnavailable, match=f"HTTP 401: it wants a key, set {KEY_VARIABLE}"):
        client.safe(pausing.safe)
    monkeypatch.setenv(KEY_VARIABLE, "KEY12345")
    assert SafeService(service.url).safe(pausing.safe)["threshold"] == 2
    for raw in (b"<html>", b"{" * 100_000, b'{"a": 1, "a": 2}'):
        service.raw = raw
        with pytest.raises(ServiceUnavailable, match="its answer is no JSON"):
            SafeService(service.url).safe(pausing.safe)
    with pytest.raises(ServiceUnavailable, match="it does not answer"):
        SafeService("http://127.0.0.1:9").safe(pausing.safe)


def test_service__url_or_key_that_cannot_be__is_refused_and_neither_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("", "ftp://host", "http://", "nonsense", "http://ho st"):
        with pytest.raises(BadConfig):
            SafeService(url)
    monkeypatch.setenv(KEY_VARIABLE, "KEY12345")
    with pytest.raises(BadConfig, match="would be sent without https") as caught:
        SafeService("http://safe.example")
    assert "KEY12345" not in str(caught.value)
    monkeypatch.setenv(KEY_VARIABLE, "KEY\n12345")
    with pytest.raises(BadConfig, match="is no key") as caught:
        SafeService("https://safe.example")
    assert "12345" not in str(caught.value)
