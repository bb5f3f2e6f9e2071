"""web3.py on our own line: its requests have the same deadline, size, waits and refusal of redirects as ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from web3 import HTTPProvider
from web3.types import RPCEndpoint

from bridge.chain.answers import scrubbed

if TYPE_CHECKING:
    from bridge.chain.providers import Providers
    from bridge.chain.rpc import Rpc


class Provider(HTTPProvider):
    """Sends what web3.py asks; it cannot change the chain on one connection, so one answer to that question serves."""

    def __init__(self, rpc: Rpc | Providers) -> None:
        super().__init__(
            rpc.url,
            exception_retry_configuration=None,
            cache_allowed_requests=True,
            cacheable_requests={RPCEndpoint("eth_chainId")},
        )
        self._rpc = rpc

    def _make_request(self, method: RPCEndpoint, request_data: bytes) -> bytes:
        body = self._rpc.post(str(method), request_data)
        answer = self._rpc.parsed(body)
        if isinstance(answer, dict) and answer.get("error") is not None:
            error = answer["error"]
            for url in self._rpc.urls:
                error = scrubbed(error, url)
            return json.dumps(answer | {"error": error}).encode()
        return body
