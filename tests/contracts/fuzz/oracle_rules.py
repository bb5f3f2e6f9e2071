"""Anyone carries reports to VolatilityOracle, right and wrong ones; its owner, and others, try to rotate signers."""

from __future__ import annotations

from typing import Any

from feed_model import least, most
from governed import TIMELOCK
from hypothesis import strategies as st
from hypothesis.stateful import rule
from onchain import DAY, HOUR
from oracle_model import ACCOUNTS, KEPT, LEAST, MAX_AGE, MOST, OracleModel, Signature, digest, signed
from play import ACTORS, Play, by, mostly
from reporters import PERCENT, RATES, STRANGERS, malleated
from stage import Event, Stage, Target

MOST64, ZERO = 2**64 - 1, "0x" + "00" * 20
WAITS = st.sampled_from([1, 12, 60, 60, HOUR, HOUR, HOUR, HOUR, 2 * HOUR, MAX_AGE, MAX_AGE + 1, DAY - 1, DAY, 3 * DAY])
BACK = st.sampled_from([DAY, DAY, DAY, DAY, 0, HOUR - 1, HOUR, HOUR + 1, -HOUR, None])
LEVELS = (
    "hour top", "over hour", "hour bottom", "under hour", "day top", "over day", "day bottom", "under day", "least",
    "below", "most", "above", "zero", "huge", "same",
)  # fmt: skip
LEVEL = st.tuples(st.sampled_from(["near"] * 20 + list(LEVELS)), st.integers(-30, 40))
FLAWS = mostly(
    "none", "future", "equal", "older", "oldest", "too old", "zero seen", "most seen", "round 0", "round again",
    "round skipped", "round most", "unsorted", "twice", "value missing", "signature missing", "stranger", "malleated",
    "short", "bad v", "other feed", "other chain", "other contract", "other round", "other value",
)  # fmt: skip
SIGNERS = mostly("fine", "half", "even", "none", "too many of quorum", "unsorted", "twice", "zero", "contract", "crowd")


class OracleRules(Play):
    """The rules; the machine that mixes them in says which feed plays."""

    oracle: Target
    uptime: Target
    feed: OracleModel

    def __init__(self, stage: Stage) -> None:
        self.carried: list[tuple[int, int, list[int], list[Signature]]] = []
        super().__init__(stage)

    def level(self, kind: str, share: int, seen: int) -> int:
        """Return a volatility of a kind, from the feed's state now."""
        model = self.feed.answers
        base = model.answer or 60 * PERCENT
        start, started = model.window(seen) if model.number else (base, seen)
        hour, day = (RATES[0], max(seen - model.seen, 0), HOUR), (RATES[1], max(seen - started, DAY), DAY)
        found = {
            "near": base * (100 + share) // 100, "hour top": most(base, *hour), "over hour": most(base, *hour) + 1,
            "hour bottom": least(base, *hour), "under hour": least(base, *hour) - 1, "day top": most(start, *day),
            "over day": most(start, *day) + 1, "day bottom": least(start, *day), "under day": least(start, *day) - 1,
            "least": LEAST, "below": LEAST - 1, "most": MOST, "above": MOST + 1, "zero": 0, "huge": MOST64,
            "same": base,
        }[kind]  # fmt: skip
        return found if kind in ("below", "above", "zero", "huge") else min(max(found, LEAST), MOST)

    def sign(self, flaw: str, signer: str, round_: int, seen: int, value: int) -> Signature:
        """Sign one report; a flaw of content proves an unknown signer, a flaw of form none."""
        content: dict[str, Any] = {
            "contract": self.oracle.address, "chain_id": 31_337, "feed": self.feed.feed, "round_": round_, "seen": seen,
            "volatility": value,
        }  # fmt: skip
        others: dict[str, dict[str, Any]] = {
            "other feed": {"feed": bytes(32)}, "other chain": {"chain_id": 1}, "other contract": {"contract": TIMELOCK},
            "other round": {"round_": (round_ + 1) % 2**64}, "other value": {"volatility": value ^ 1},
        }  # fmt: skip
        data = signed(ACCOUNTS[signer], digest(**content | others.get(flaw, {})))
        bad = {"malleated": malleated(data), "short": data[:64], "bad v": data[:64] + b"\x1d"}
        return Signature(bad.get(flaw, data), "" if flaw in others else signer, flaw in bad)

    def round(
        self, count: int, offset: int, level: tuple[str, int], outlier: tuple[str, int], flaw: str, at: int
    ) -> tuple[int, int, list[int], list[Signature]]:
        """Write a submission; the flaw, if it is one of a report, is in the middle one."""
        model, pool = self.feed.answers, self.feed.signers
        seen = {
            "future": at + 1, "equal": model.seen, "older": max(model.seen - 1, 0), "oldest": at - MAX_AGE,
            "too old": at - MAX_AGE - 1, "zero seen": 0, "most seen": MOST64,
        }.get(flaw, at)  # fmt: skip
        last = model.number
        number = {"round 0": 0, "round again": last, "round skipped": last + 2, "round most": MOST64}.get(
            flaw, last + 1
        )
        chosen = sorted({pool[(offset + step) % len(pool)] for step in range(count)})
        if flaw == "stranger":
            chosen = sorted([*chosen[:-1], STRANGERS[offset].address.lower()])
        values = [self.level(*level, at) for _ in chosen]
        values[offset % len(values)] = self.level(*outlier, at)
        middle = len(chosen) // 2
        reports = [
            self.sign(flaw if place == middle else "none", signer, number, seen, value)
            for place, (signer, value) in enumerate(zip(chosen, values, strict=True))
        ]
        if flaw == "unsorted":
            reports, values = reports[::-1], values[::-1]
        if flaw == "twice":
            reports, values = reports[:1] * 2 + reports[2:], values[:1] * 2 + values[2:]
        values = values[:-1] if flaw == "value missing" else values
        return number, seen, values, reports[:-1] if flaw == "signature missing" else reports

    def carry(self, actor: str, submission: tuple[int, int, list[int], list[Signature]], gap: int) -> None:
        """Carry a submission on chain."""
        number, seen, values, reports = submission
        at = self.stage.now + gap
        refusals, events = self.feed.judge(number, seen, values, reports, at), []
        if not refusals:
            answer, reported, flags = self.feed.answers.next(values, seen)
            assert min(values) <= reported <= max(values)
            clamped = {"round": number, "reported": reported, "volatility": answer, "flags": flags}
            said = {
                "round": number, "volatility": answer, "observedAt": seen, "volatilities": tuple(values),
                "reporters": tuple(report.signer for report in reports),
            }  # fmt: skip
            events = [("AnswerFlagged", clamped)] * (flags != 0) + [("RoundSubmitted", said)]
        data = [report.data for report in reports]
        arguments = (number, seen, values, data)
        self.act(actor, self.oracle, "submit", *arguments, gap=gap, refusals=refusals, events={self.oracle: events})
        self.carried.append(submission)

    @rule(
        actor=st.sampled_from(ACTORS), more=mostly(0, -2, -1, 1, 2, 2, 2), offset=st.integers(0, 7), level=LEVEL,
        outlier=LEVEL, flaw=FLAWS, gap=WAITS,
    )  # fmt: skip
    def submit(self, actor: str, more: int, offset: int, level: Any, outlier: Any, flaw: str, gap: int) -> None:
        count = max(self.feed.quorum + more, 1)
        self.carry(actor, self.round(count, offset, level, outlier, flaw, self.stage.now + gap), gap)

    @rule(actor=st.sampled_from(ACTORS), which=st.integers(0, 7), gap=WAITS)
    def submit_again(self, actor: str, which: int, gap: int) -> None:
        if self.carried:
            self.carry(actor, self.carried[-1 - which % len(self.carried)], gap)

    @rule(actor=by("owner"), count=st.integers(1, 9), offset=st.integers(0, 9), flaw=SIGNERS, gap=WAITS)
    def rotate(self, actor: str, count: int, offset: int, flaw: str, gap: int) -> None:
        chosen = sorted(ACCOUNTS)[3 * offset :][: 32 if flaw == "crowd" else count]
        quorum = len(chosen) // 2 + 1
        quorum += quorum % 2 == 0
        contract = self.oracle.address.lower()
        signers, quorum = {
            "half": (chosen, len(chosen) // 2), "even": (chosen, quorum + 1), "none": ([], 0),
            "too many of quorum": (chosen, len(chosen) + 1), "unsorted": (chosen[::-1], quorum),
            "twice": ([*chosen, chosen[-1]], quorum), "zero": ([ZERO, *chosen], quorum),
            "contract": (sorted([*chosen, contract]), quorum),
        }.get(flaw, (chosen, quorum))  # fmt: skip
        refusals = self.feed.judge_signers(signers, quorum, {contract})
        event = ("SignersSet", {"signers": tuple(signers), "quorum": quorum})
        self.own(actor, "setSigners", signers, quorum, gap=gap, refusals=refusals, events=[event])

    @rule(actor=st.sampled_from(ACTORS), level=LEVEL, times=st.integers(2, 6), wait=st.sampled_from([HOUR, 5 * HOUR]))
    def follow_market(self, actor: str, level: Any, times: int, wait: int) -> None:
        """Let the feed go on for a while; everybody reports the same."""
        for _ in range(times):
            self.carry(actor, self.round(self.feed.quorum, 0, level, level, "none", self.stage.now + wait), wait)

    @rule(actor=by("owner"), to=st.sampled_from([*ACTORS, ZERO, "nobody"]), gap=WAITS)
    def hand_over(self, actor: str, to: str, gap: int) -> None:
        if to == "nobody":
            sender = self.feed.owner if actor == "owner" else actor
            self.act(sender, self.oracle, "renounceOwnership", gap=gap, refusals={"OwnerRequired"})
            return
        refusals = {"OwnableInvalidOwner"} if to == ZERO else set()
        event = ("OwnershipTransferred", {"previousOwner": self.feed.owner, "newOwner": to.lower()})
        self.own(actor, "transferOwnership", to, gap=gap, refusals=refusals, events=[event])

    @rule(actor=st.sampled_from(ACTORS), says=st.sampled_from([0] * 6 + [1, 2, -1]), back=BACK, gap=WAITS)
    def switch(self, actor: str, says: int, back: int | None, gap: int) -> None:
        """Let the uptime feed say that the rollup's sequencer is up or down, since a while ago or never."""
        since = 0 if back is None else self.stage.now + gap - back
        self.act(actor, self.uptime, "set", says, since, gap=gap, refusals=())
        self.feed.sequencer = (says, since)

    def own(
        self, actor: str, function: str, *arguments: Any, gap: int, refusals: set[str], events: list[Event]
    ) -> None:
        """Call what only the owner may."""
        sender = self.feed.owner if actor == "owner" else actor
        barred = set() if sender.lower() == self.feed.owner else {"OwnableUnauthorizedAccount"}
        said = {self.oracle: events}
        self.act(sender, self.oracle, function, *arguments, gap=gap, refusals=barred or refusals, events=said)

    @rule(age=st.sampled_from([0, 1, HOUR, MAX_AGE, MAX_AGE + 1, DAY]))
    def consume(self, age: int) -> None:
        """Read as a consumer would at some age of the answer: the answer or an error, never an old value."""
        at = max(self.feed.answers.seen + age, self.stage.now)
        views = [(self.oracle, name, ()) for name in ("latest", "latestRound", "latestRoundData")]
        found = self.stage.read(views, at)
        expected = self.feed.fresh(at)
        if expected:
            assert {refused.name for refused in found} == expected
        else:
            number, seen, answer = self.feed.answers.number, self.feed.answers.seen, self.feed.answers.answer
            assert found == [(answer, seen), self.feed.rounds[number], (number, answer, seen, seen, number)]

    def inspect(self, actor: str, function: str) -> None:
        """Hold the chain against the events, and against what must hold whatever the model says."""
        names = ("peek", "lastRound", "signers", "quorum", "owner")
        peek, number, signers, quorum, owner = self.stage.read([(self.oracle, name, ()) for name in names])
        assert (number, quorum, owner) == (self.feed.answers.number, self.feed.quorum, self.feed.owner)
        assert sorted(signers) == self.feed.signers
        assert 2 * quorum > len(signers) > 0
        assert peek == self.feed.rounds.get(number, (0,) * 6)
        if number:
            assert LEAST <= peek[2] <= MOST
            assert peek[1] <= self.stage.now
        if number > 1 and function == "submit":
            _, before_seen, before, *_ = self.feed.rounds[number - 1]
            elapsed = peek[1] - before_seen
            assert elapsed > 0
            assert least(before, RATES[0], elapsed, HOUR) <= peek[2] <= most(before, RATES[0], elapsed, HOUR)
        super().inspect(actor, function)

    def audit(self) -> None:
        """Read every round that is kept, and the two beyond."""
        newest = self.feed.answers.number
        oldest = max(1, newest - KEPT + 1)
        numbers = list(range(oldest, newest + 1))
        found = self.stage.read([(self.oracle, "roundAt", (number,)) for number in [*numbers, oldest - 1, newest + 1]])
        assert found[:-2] == [self.feed.rounds[number] for number in numbers]
        assert {refused.name for refused in found[-2:]} == {"RoundNotAvailable"}
        super().audit()
