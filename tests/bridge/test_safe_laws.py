"""Laws of a Safe's transactions: what wallets are given is what is signed here; a packed batch unpacks to its calls."""

from __future__ import annotations

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RefusedAction
from bridge.safe.batch import MOST_CALLS, packed, unpacked
from bridge.safe.transactions import SafeTransaction

pytestmark = [pytest.mark.unit, pytest.mark.prop]

addresses = st.integers(1, 2**160 - 1).map(lambda number: to_checksum_address(number.to_bytes(20)))
datas = st.binary(max_size=80).map(lambda data: "0x" + data.hex())
wei = st.integers(0, 2**256 - 1)
transactions = st.builds(
    SafeTransaction,
    chain_id=st.integers(1, 2**63),
    safe=addresses,
    to=addresses,
    data=datas,
    nonce=st.integers(0, 2**64 - 1),
    value=wei,
    operation=st.sampled_from([0, 1]),
)
calls = st.lists(st.tuples(addresses, wei, datas), max_size=8)


@given(made=transactions)
def test_typed_json__any_transaction__is_the_message_that_is_signed_here(made: SafeTransaction) -> None:
    given_to_wallets, hashes = encode_typed_data(full_message=made.typed_json()), made.hashes()
    assert (given_to_wallets.header, given_to_wallets.body) == (hashes.domain, hashes.message)
    assert keccak(b"\x19\x01" + hashes.domain + hashes.message) == hashes.transaction == made.digest()


@given(one=transactions, other=transactions)
def test_digest__transactions_that_differ_in_anything__have_other_hashes(
    one: SafeTransaction, other: SafeTransaction
) -> None:
    assert (one == other) == (one.digest() == other.digest())


@given(made=calls)
def test_unpacked__of_packed_calls__is_the_calls(made: list[tuple[str, int, str]]) -> None:
    assert unpacked(packed(made)) == made  # type: ignore[arg-type]


@given(data=st.binary(max_size=400))
def test_unpacked__any_bytes__are_calls_that_pack_to_them_or_refused(data: bytes) -> None:
    try:
        found = unpacked(data)
    except RefusedAction:
        return
    assert packed(found) == data
    assert len(found) <= MOST_CALLS
