"""A signer that is another program: a wallet or a bridge to a hardware wallet, asked over JSON-RPC.

    eth_accounts -> which account? -> eth_signTypedData_v4 -> its owner confirms on the device -> signature

What it answers is not believed: who asked recovers the signer. Its URL can hold a key, so only its place is shown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bridge.chain.answers import words_of
from bridge.chain.rpc import Rpc, as_address, as_bytes
from bridge.errors import BadConfig, ChainError, NodeUnreachable, RefusedAction, SignerUnavailable, UsageError
from bridge.foreign import foreign

URL_VARIABLE: Final = "ALVH_SIGNER_URL"
PREFIX: Final = "rpc"
PEOPLE_SECONDS: Final = 300.0
"""For which a device may wait for its owner to read and press."""
MOST_ACCOUNTS: Final = 1_000


class ExternalSigner:
    """An external signer by its URL.

    Raises
    ------
    SignerUnavailable
        It is no URL of http or https.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._rpc = Rpc(url, seconds=PEOPLE_SECONDS)
        except NodeUnreachable as error:
            raise SignerUnavailable(url, error.reason) from None

    def accounts(self) -> list[str]:
        """Return the addresses that it says it signs for."""
        found = self._asked("eth_accounts")
        if not isinstance(found, list) or len(found) > MOST_ACCOUNTS:
            raise SignerUnavailable(self.url, "its list of accounts is none")
        try:
            return [as_address(each, "eth_accounts") for each in found]
        except ChainError:
            raise SignerUnavailable(self.url, "its list of accounts is none") from None

    def sign_typed_data(self, account: str, content: Mapping[str, Any]) -> str:
        """Return a signature over EIP-712 typed data, as 0x hex."""
        found = self._asked("eth_signTypedData_v4", account, json.dumps(content))
        try:
            return "0x" + as_bytes(found, "eth_signTypedData_v4").hex()
        except ChainError:
            raise SignerUnavailable(self.url, "its answer is no signature") from None

    def _asked(self, method: str, *parameters: Any) -> Any:
        try:
            answer = self._rpc.ask(method, *parameters)
        except NodeUnreachable as error:
            raise SignerUnavailable(self.url, f"it does not answer ({error.reason})") from None
        except ChainError:
            raise SignerUnavailable(self.url, f"its answer to {method} is none") from None
        if "error" in answer:
            raise SignerUnavailable(self.url, f"it refuses {method}: {foreign(words_of(answer['error']))}")
        return answer["result"]


def named_signer(text: str) -> ExternalSigner:
    """Return the signer that ``rpc:URL`` names; ``rpc`` alone takes the URL that the environment holds.

    Raises
    ------
    UsageError, BadConfig
        It names none.
    """
    kind, sign, url = text.partition(":")
    if kind != PREFIX or (sign and not url):
        raise UsageError(f"--signer is rpc:URL, or rpc with the URL in {URL_VARIABLE}")
    chosen = url or os.environ.get(URL_VARIABLE, "")
    if not chosen:
        raise BadConfig(f"no external signer: set {URL_VARIABLE}, or give --signer rpc:URL")
    return ExternalSigner(chosen)


def chosen_account(signer: ExternalSigner, owners: Sequence[str], given: str | None) -> str:
    """Return which of a signer's accounts signs: the one that is given, else the only one that is an owner.

    Raises
    ------
    RefusedAction
        None of its accounts is an owner, several are, or the one that is given is not.
    """
    there = [account for account in signer.accounts() if account in owners]
    if given is not None:
        there = [account for account in there if account == given]
    if len(there) != 1:
        which = f"{given} is none of its accounts, or no owner" if given else f"{len(there)} of its accounts are owners"
        raise RefusedAction(f"{which}: give one with --from of the owners {', '.join(owners)}")
    return there[0]
