"""What was run: every call and transaction that web3.py sends to anvil in this process is traced there and added up.

A tracer inside the node returns, for each code, which instructions ran and which way its conditional jumps went, so
that a trace weighs kilobytes.

Not seen: calls of other processes and of other clients than web3.py; a contract created by another contract, while it
is created; code that runs by DELEGATECALL at the address of another code. None of ours does the last two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from branch_build import Build, Code
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

RAN, WENT_ON, JUMPED = 1, 2, 4
CALLS = ("eth_call", "eth_estimateGas")
RECEIPT = "eth_getTransactionReceipt"
CREATION = "CREATE"
TRACE_SECONDS = 600  # a million instructions take two seconds on a machine at rest
TRACER = """{
  top: {}, ran: {}, depth: 0, kinds: [], entered: "", at: null, jump: -1,
  enter: function(frame) { this.entered = frame.getType(); },
  exit: function(frame) {},
  fault: function(log, db) {},
  step: function(log, db) {
    var depth = log.getDepth(), pc = log.getPC();
    if (depth !== this.depth) {
      if (depth > this.depth) this.kinds[depth] = this.entered;
      this.depth = depth;
      this.jump = -1;
      var address = toHex(log.contract.getAddress()), kind = this.kinds[depth];
      if (depth === 1) this.at = this.top;
      else if (kind === "CREATE" || kind === "CREATE2") this.at = {};
      else this.at = this.ran[address] = this.ran[address] || {};
    }
    if (this.jump >= 0) this.at[this.jump] |= pc === this.jump + 1 ? 2 : 4;
    this.at[pc] |= 1;
    this.jump = log.op.toNumber() === 0x57 ? pc : -1;
  },
  result: function(context, db) {
    return {kind: context.type, to: toHex(context.to || []), input: toHex(context.input || []),
            top: this.top, ran: this.ran};
  }
}"""
Send = Callable[[RPCEndpoint, Any], RPCResponse]
Hits = dict[int, int]
"""By program counter: RAN, WENT_ON and JUMPED, added."""


class Recorder:
    """Adds up what ran, by code."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._traced: set[tuple[str, str]] = set()
        self._known: dict[str, Code | None] = {}
        self.hits: dict[int, Hits] = defaultdict(dict)
        self.codes: dict[int, Code] = {id(code): code for code in (*build.creations, *build.runtimes)}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Trace what web3.py sends over HTTP by connections that are made in a `with` block."""
        send = HTTPProvider.make_request

        def traced(provider: HTTPProvider, method: RPCEndpoint, parameters: Any) -> Any:
            answer = send(provider, method, parameters)
            patient = HTTPProvider(provider.endpoint_uri, request_kwargs={"timeout": TRACE_SECONDS})
            if method in CALLS:
                self._trace_call(partial(send, patient), list(parameters), "result" in answer)
            elif method == RECEIPT and answer.get("result"):
                self._trace_mined(partial(send, patient), answer["result"])
            return answer

        HTTPProvider.make_request = traced  # type: ignore[method-assign]
        try:
            yield
        finally:
            HTTPProvider.make_request = send  # type: ignore[method-assign]

    def _trace_call(self, send: Send, parameters: list[Any], must_work: bool) -> None:
        call, block, state, times = (parameters + [None] * 4)[:4]
        options = {"tracer": TRACER, "stateOverrides": state or {}, "blockOverrides": times or {}}
        answer = send(RPCEndpoint("debug_traceCall"), [call, block or "latest", options])
        assert "result" in answer or not must_work, f"debug_traceCall: {answer}"
        if "result" in answer:
            written = {address.lower(): one["code"] for address, one in (state or {}).items() if "code" in one}
            self._add(send, answer["result"], written)

    def _trace_mined(self, send: Send, receipt: dict[str, Any]) -> None:
        mined = (receipt["transactionHash"], receipt["blockHash"])
        if mined in self._traced:
            return
        self._traced.add(mined)
        answer = send(RPCEndpoint("debug_traceTransaction"), [mined[0], {"tracer": TRACER}])
        assert "result" in answer, f"debug_traceTransaction: {answer}"
        self._add(send, answer["result"], {})

    def _add(self, send: Send, trace: dict[str, Any], written: dict[str, str]) -> None:
        is_creation = trace["kind"] == CREATION
        if is_creation:
            self._count(self._creation(bytes.fromhex(trace["input"][2:])), trace["top"])
        called = [] if is_creation else [(trace["to"], trace["top"])]
        for address, ran in (*called, *trace["ran"].items()):
            found = written.get(address) or send(RPCEndpoint("eth_getCode"), [address, "latest"])["result"]
            self._count(self._runtime(found), ran)

    def _count(self, code: Code | None, ran: dict[str, int]) -> None:
        if code is not None:
            hits = self.hits[id(code)]
            for pc, seen in ran.items():
                hits[int(pc)] = hits.get(int(pc), 0) | seen

    def _creation(self, data: bytes) -> Code | None:
        return next((code for code in self._build.creations if data.startswith(code.body)), None)

    def _runtime(self, found: str) -> Code | None:
        if found not in self._known:
            body = bytes.fromhex(found[2:])
            self._known[found] = next((code for code in self._build.runtimes if code.is_of(body)), None)
        return self._known[found]
