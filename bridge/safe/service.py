"""A Safe Transaction Service: where owners leave transactions and signatures for each other.

    question -> GET or POST -> busy? wait -> JSON of the service, not believed: `relayed` checks every word of it

It is transport and no witness. Source: the service's API, version 6.3; requests name addresses with their checksums.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.chain.connection import Answer, Connection, Unusable
from bridge.errors import BadConfig, ServiceUnavailable
from bridge.foreign import foreign, without_url
from bridge.json_files import each_once

KEY_VARIABLE: Final = "ALVH_SAFE_API_KEY"
NEAR: Final = ("127.0.0.1", "localhost", "::1")
WAITS: Final = (0.5, 1.0, 2.0)
"""Seconds before a question is asked again where the service is busy."""
MOST_WAIT_SECONDS: Final = 15.0
HASTY_SECONDS: Final = 5.0
"""Of one question where nobody waits for the answer."""
MOST_LISTED: Final = 100
ORIGIN: Final = "alvh"
BUSY: Final = 429


class SafeService:
    """A service by its URL; connects with the first request.

    Parameters
    ----------
    patient
        Whether to wait for a busy one, and to ask it again.

    Raises
    ------
    BadConfig
        There is no URL, it is none, or a key would leave this machine without https.
    """

    def __init__(self, url: str, patient: bool = True) -> None:
        if not url:
            raise BadConfig("no Safe Transaction Service is set: set safe.service_url in alvh.toml")
        self.url, self._waits = url, WAITS if patient else ()
        key = os.environ.get(KEY_VARIABLE, "")
        if key and not (key.isascii() and key.isprintable()):
            raise BadConfig(f"{KEY_VARIABLE} is no key: it holds signs that no header takes")
        try:
            parts = urlsplit(url)
            if key and parts.scheme != "https" and parts.hostname not in NEAR:
                raise BadConfig(f"{KEY_VARIABLE} would be sent without https: set safe.service_url to one of https")
            headers = {"Authorization": f"Bearer {key}"} if key else None
            self._connection = Connection(url, headers, 0.0 if patient else HASTY_SECONDS)
        except (Unusable, ValueError):
            raise BadConfig("safe.service_url is not a URL of http or https") from None

    def safe(self, address: str) -> Any:
        """Return what the service says of a Safe."""
        return self._asked("GET", f"/api/v1/safes/{address}/")

    def transaction(self, digest: str) -> Any:
        """Return what the service says of a transaction, by its safeTxHash; None where it does not know it."""
        try:
            return self._asked("GET", f"/api/v2/multisig-transactions/{digest}/")
        except ServiceUnavailable as error:
            if error.status == 404:
                return None
            raise

    def waiting(self, address: str, nonce: int) -> tuple[list[Any], bool]:
        """Return the transactions of a Safe that wait, from a nonce on, and whether there are more than are listed."""
        query = f"executed=false&nonce__gte={nonce}&ordering=nonce&limit={MOST_LISTED}"
        found = self._asked("GET", f"/api/v2/safes/{address}/multisig-transactions/?{query}")
        rows = found.get("results") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise ServiceUnavailable(self.url, "its list of transactions is none")
        return rows[:MOST_LISTED], found.get("next") is not None or len(rows) > MOST_LISTED

    def propose(self, safe: str, content: Mapping[str, Any]) -> None:
        """Leave a transaction with its first signature."""
        self._asked("POST", f"/api/v2/safes/{safe}/multisig-transactions/", {**content, "origin": ORIGIN})

    def confirm(self, digest: str, signature: str) -> None:
        """Leave one more signature."""
        self._asked("POST", f"/api/v1/multisig-transactions/{digest}/confirmations/", {"signature": signature})

    def _asked(self, method: str, path: str, content: Any = None) -> Any:
        """Ask, and wait where the service is busy; raises `ServiceUnavailable`."""
        body = None if content is None else json.dumps(content).encode()
        left = MOST_WAIT_SECONDS
        for wait in (*self._waits, None):
            answer = self._answer(method, path, body)
            asked_for = answer.retry_after if answer.retry_after is not None else wait
            if answer.status != BUSY or wait is None or asked_for is None or asked_for > left:
                break
            left -= asked_for
            time.sleep(asked_for)
        return self._read(answer)

    def _answer(self, method: str, path: str, body: bytes | None) -> Answer:
        try:
            return self._connection.ask(method, path, body, again=method == "GET")
        except Unusable as error:
            raise ServiceUnavailable(self.url, str(error)) from None
        except (OSError, HTTPException, ValueError) as error:
            raise ServiceUnavailable(self.url, f"it does not answer ({type(error).__name__})") from error

    def _read(self, answer: Answer) -> Any:
        status = answer.status
        if status in (401, 403):
            raise ServiceUnavailable(self.url, f"HTTP {status}: it wants a key, set {KEY_VARIABLE}", status)
        if status == BUSY:
            raise ServiceUnavailable(self.url, "HTTP 429: it is too busy, or the key's share is used up", status)
        try:
            found = json.loads(answer.body, object_pairs_hook=each_once) if answer.body.strip() else None
        except (ValueError, RecursionError):
            found, said = None, "no JSON"
        else:
            said = foreign(without_url(json.dumps(found, ensure_ascii=False), self.url))
        if not 200 <= status < 300:
            raise ServiceUnavailable(self.url, f"HTTP {status}: {said}", status)
        if said == "no JSON":
            raise ServiceUnavailable(self.url, "its answer is no JSON", status)
        return found
