"""What was run: every call and transaction that web3.py or the bridge sends to anvil is traced there and added up.

A tracer inside the node returns, for each code, which instructions ran, which way its conditional jumps went, and
whether the stack's top was zero where code ran through to a jump's destination; so a trace weighs kilobytes.

Not seen: calls of other processes; transactions that `LocalChain` sends without a look at the receipt; a contract
created by another contract, while it is created; code that runs by DELEGATECALL at the address of another code. Our
code does neither of the last two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from branch_build import Build, Code
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from bridge.chain.rpc import Rpc

RAN, WENT_ON, JUMPED, ZERO, NONZERO = 1, 2, 4, 8, 16
CALLS = ("eth_call", "eth_estimateGas")
RECEIPT = "eth_getTransactionReceipt"
CREATIONS = ("CREATE", "CREATE2")
CALL_TRACER = "callTracer"
TRACE_SECONDS = 600  # a million instructions take two seconds on a machine at rest
TRACER = """{
  top: {}, inner: {}, depth: 0, kinds: [], entered: "", at: null, pc: 0, op: 0,
  enter: function(frame) { this.entered = frame.getType(); },
  exit: function(frame) {},
  fault: function(log, db) {},
  step: function(log, db) {
    var depth = log.getDepth(), pc = log.getPC();
    if (depth !== this.depth) {
      if (depth > this.depth) this.kinds[depth] = this.entered;
      this.depth = depth;
      this.op = 0;
      var address = toHex(log.contract.getAddress()), kind = this.kinds[depth];
      if (depth === 1) this.at = this.top;
      else if (kind === "CREATE" || kind === "CREATE2") this.at = {};
      else this.at = this.inner[address] = this.inner[address] || {};
    }
    var op = log.op.toNumber(), seen = 1;
    if (this.op === 0x57) this.at[this.pc] |= pc === this.pc + 1 ? 2 : 4;
    else if (op === 0x5b && this.op !== 0x56 && log.stack.length() > 0) seen |= log.stack.peek(0) == 0 ? 8 : 16;
    this.at[pc] |= seen;
    this.pc = pc;
    this.op = op;
  },
  result: function(context, db) { return {top: this.top, inner: this.inner}; }
}"""
Send = Callable[[RPCEndpoint, Any], RPCResponse]
Hits = dict[int, int]
"""By program counter: what happened there, added up."""


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
        """Trace what is sent over HTTP in a `with` block, by web3.py or by the bridge's own reads."""
        send, ask = HTTPProvider.make_request, Rpc.ask

        def trace(url: Any, method: str, parameters: Sequence[Any], answer: Any) -> None:
            patient = HTTPProvider(url, request_kwargs={"timeout": TRACE_SECONDS})
            if method in CALLS:
                self._trace_call(partial(send, patient), list(parameters), "result" in answer)
            elif method == RECEIPT and answer.get("result"):
                self._trace_mined(partial(send, patient), answer["result"])

        def sent(provider: HTTPProvider, method: RPCEndpoint, parameters: Any) -> Any:
            answer = send(provider, method, parameters)
            trace(provider.endpoint_uri, method, parameters, answer)
            return answer

        def asked(node: Rpc, method: str, *parameters: Any) -> dict[str, Any]:
            answer = ask(node, method, *parameters)
            trace(node.url, method, parameters, answer)
            return answer

        HTTPProvider.make_request, Rpc.ask = sent, asked  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            HTTPProvider.make_request, Rpc.ask = send, ask  # type: ignore[method-assign]

    def _trace_call(self, send: Send, parameters: list[Any], must_work: bool) -> None:
        call, block, state, times = (parameters + [None] * 4)[:4]
        overrides = {"stateOverrides": state or {}, "blockOverrides": times or {}}
        written = {address.lower(): put["code"] for address, put in (state or {}).items() if "code" in put}

        def trace(tracer: str) -> Any:
            answer = send(RPCEndpoint("debug_traceCall"), [call, block or "latest", {"tracer": tracer, **overrides}])
            assert "result" in answer or not must_work, f"debug_traceCall: {answer}"
            return answer.get("result")

        self._add(send, trace, written)

    def _trace_mined(self, send: Send, receipt: dict[str, Any]) -> None:
        mined = (receipt["transactionHash"], receipt["blockHash"])
        if mined in self._traced:
            return
        self._traced.add(mined)

        def trace(tracer: str) -> Any:
            answer = send(RPCEndpoint("debug_traceTransaction"), [mined[0], {"tracer": tracer}])
            assert "result" in answer, f"debug_traceTransaction: {answer}"
            return answer["result"]

        self._add(send, trace, {})

    def _add(self, send: Send, trace: Callable[[str], Any], written: dict[str, str]) -> None:
        """Trace calls first, which is cheap, and instructions where our code was among them."""
        codes: dict[str, Code | None] = {}

        def code_at(address: str) -> Code | None:
            if address not in codes:
                found = written.get(address) or send(RPCEndpoint("eth_getCode"), [address, "latest"])["result"]
                codes[address] = self._runtime(found)
            return codes[address]

        calls = trace(CALL_TRACER)
        if not calls or not any(self._code_of(frame, code_at) for frame in _frames(calls)):
            return
        ran = trace(TRACER)
        self._count(self._code_of(calls, code_at), ran["top"])
        for address, hits in ran["inner"].items():
            self._count(code_at(address), hits)

    def _code_of(self, frame: dict[str, Any], code_at: Callable[[str], Code | None]) -> Code | None:
        if frame["type"] in CREATIONS:
            return self._creation(bytes.fromhex(frame["input"][2:]))
        return code_at(frame["to"])

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


def _frames(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a call and all that it leads to."""
    yield call
    for inner in call.get("calls", ()):
        yield from _frames(inner)
