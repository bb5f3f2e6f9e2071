"""What `alvh deploy` prints: a plan with its costs, what was done, and the rows of a proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.cli.flags import print_json, say
from bridge.cli.show import console, table

if TYPE_CHECKING:
    from bridge.deploy.consent import Consent
    from bridge.deploy.finish import Done
    from bridge.deploy.plan import Plan
    from bridge.deploy.rehearsal import Fees, Measured
    from bridge.deploy.verify import Check


def _amount(native: float) -> str:
    return f"{native:.6f}"


def plan_json(plan: Plan, measured: Sequence[Measured], fees: Fees) -> dict[str, Any]:
    """Return a plan as JSON: every step, measured where it is left to send."""
    of = {each.step.name: each for each in measured}
    steps = []
    for step in plan.layout.steps:
        left = of.get(step.name)
        cost = {"gas": left.gas, "cost_now": fees.now(left), "cost_most": fees.most(left)} if left else {}
        named = {"name": step.name, "contract": step.contract, "function": step.function, "to": step.to}
        made = {"nonce": step.nonce, "address": step.address, "arguments": _plain(step.inputs), "data": step.data}
        steps.append(named | made | {"block": plan.done.get(step.name)} | cost)
    return {
        "chain_id": plan.settings.chain.id,
        "block": plan.block.number,
        "deployer": plan.layout.deployer,
        "acts_for_the_dao": plan.ground.dao or plan.layout.deployment.contracts["HedgeTimelock"],
        "remarks": list(plan.remarks),
        "steps": steps,
        "unused": {step.name: step.address for step in plan.unused},
        "fee_gwei": fees.present / 1e9,
        "gas": sum(each.gas for each in measured),
        "cost_now": sum(map(fees.now, measured)),
        "cost_most": sum(map(fees.most, measured)),
        "sent": False,
    }


def _plain(value: Any) -> Any:
    """Return arguments as JSON has them: bytes in hex, large numbers as they are."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def print_plan(plan: Plan, measured: Sequence[Measured], fees: Fees) -> None:
    """Print every transaction in its order, with what it costs."""
    of, coin = {each.step.name: each for each in measured}, plan.settings.chain.coin
    rows = []
    for step in plan.layout.steps:
        left = of.get(step.name)
        costs = [f"{left.gas:,}", _amount(fees.now(left)), _amount(fees.most(left))] if left else ["", "", ""]
        mined = plan.done.get(step.name)
        rows.append(
            [str(step.nonce), step.name, step.function, step.address, f"block {mined}" if mined else "", *costs]
        )
    columns = ("nonce", "creates", "by", "address", "in block", "gas", f"{coin} now", f"{coin} at most")
    place = f"chain {plan.settings.chain.id}, block {plan.block.number}"
    title = f"{len(rows)} transactions of {plan.layout.deployer} on {place}"
    out = console()
    for words in plan.remarks:
        say(words)
    for step in plan.unused:
        say(f"{step.name} at {step.address} is made anew, its governor's nonce was taken: nobody can act through it")
    out.print(table(title, columns, rows, left=5))
    total, most = sum(map(fees.now, measured)), sum(map(fees.most, measured))
    say(
        f"in all {sum(each.gas for each in measured):,} gas: {_amount(total)} {coin} at {fees.present / 1e9:.6g} gwei, "
        f"at most {_amount(most)} {coin} by the caps of the settings"
    )


def print_done(done: Done, as_json: bool) -> None:
    """Print what was deployed and proven, and what comes next."""
    if as_json:
        entries = [
            {"name": entry.name, "address": entry.address, "nonce": entry.nonce, "block": entry.block}
            for entry in done.journal.entries
        ]
        proof = [check._asdict() for check in done.checks]
        asked = {"files": [str(path) for path in done.consent.files]} if done.consent else None
        told = {
            "deployment": str(done.path),
            "steps": entries,
            "proven": True,
            "checks": proof,
            "sources": done.sources,
        }
        print_json({"sent": True, **told, "consent": asked, "proposed": done.proposed})
        return
    rows = [[entry.name, entry.address, str(entry.block)] for entry in done.journal.entries]
    console().print(table("Deployed", ("what", "address", "block"), rows, left=2))
    say(f"proven: {len(done.checks)} checks, nobody but the stated accounts holds a role, the deployer none")
    say(f"written: {done.path}; name it as chain.deployment in alvh.toml, and publish it for others to verify")
    say(done.sources)
    if done.consent:
        _print_consent(done.consent, done.proposed)


def _print_consent(consent: Consent, proposed: str) -> None:
    """Print what the DAO is asked, and how it is carried on."""
    for promise in consent.promises:
        say(f"the DAO's acceptance reverts unless {promise}")
    for path in consent.files:
        say(f"written: {path}")
    if proposed:
        say(proposed)
    elif consent.action:
        say("not proposed: whoever can propose sends these calls, or repeat with --propose")
    else:
        say("let the Safe's owners sign these in their order: `alvh safe sign FILE`, `alvh safe execute FILE`")


def print_checks(checks: Sequence[Check]) -> None:
    """Print every row of a proof, and what it comes to."""
    from bridge.deploy.verify import UNKNOWN, WRONG, proven

    wide = [max(len(check[column]) for check in checks) for column in (0, 1)]
    for what, outcome, words in checks:
        console().print(f"{what:{wide[0]}}  {outcome:{wide[1]}}  {words}", markup=False, soft_wrap=True)
    wrong, unknown = (sum(check.outcome == outcome for check in checks) for outcome in (WRONG, UNKNOWN))
    if proven(list(checks)):
        say(f"proven: all {len(checks)} checks are right")
    else:
        say(f"NOT PROVEN: {wrong} of {len(checks)} checks are wrong, {unknown} could not be compared")
