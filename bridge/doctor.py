"""What is missing or misconfigured, and how to mend it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridge.artifacts.vendor import BESIDE, node_modules
from bridge.chain.node import Chain, connect
from bridge.chain.place import node_url
from bridge.chain.ways import Ways
from bridge.config import Config, load_config
from bridge.deploy.code import code_findings, others_findings
from bridge.deploy.seats import deployment_seats
from bridge.deployment import Deployment, load_deployment
from bridge.doctor_network import network_rows
from bridge.environment import for_program
from bridge.errors import BridgeError, MissingTool
from bridge.extras import missing_extras
from bridge.foreign import foreign, url_place
from bridge.governance.governor import require_governor
from bridge.governance.inspection import Inspected, inspect_holders
from bridge.local.anvil import find_anvil
from bridge.monitor.targets import read_target
from bridge.plans.observe import read_governed
from bridge.snapshot import Snapshot, require_own_node
from bridge.sources.oracle import read_status

REQUIRED = ("HedgeParameters", "HedgeGovernor", "HedgeTimelock", "HedgeVotes")
"""A DAO that was there before has its own: then only the first is."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `needed` tells a fault from something that only some commands need.

    `warning` tells what works, and a person should know of.
    """

    what: str
    ok: bool
    found: str
    mend: str
    needed: bool
    warning: bool = False


def examine(config_path: Path | None) -> list[Finding]:
    """Look at everything that the commands need; no failure stops the look at the rest."""
    findings = [
        _python(),
        _extras(),
        _try("anvil", _anvil_version, "as it says; only local chains need it", needed=False),
        _try(
            "third-party contracts",
            lambda: str(node_modules()),
            "as it says; only local chains need them",
            needed=False,
        ),
    ]
    config: Config | None = None
    try:
        config = load_config(config_path)
        findings.append(Finding("settings", True, str(config_path or "alvh.toml or the defaults"), "", True))
    except BridgeError as error:
        findings.append(
            Finding("settings", False, str(error), "correct the file, or leave it out for the defaults", True)
        )
    if config is not None:
        observing = config.chain.network is not None and not os.path.isfile(config.chain.deployment)
        observing = observing or bool(config.chains)
        looked = (Finding(*row) for row in network_rows(config)) if observing else _examine_chain(config)
        findings += [*_state(config), *_targets(config), *looked]
    return findings


def _targets(config: Config) -> list[Finding]:
    """Say whether each target of the monitor's messages has a URL that is known; sends nothing."""
    mend = "give its URL in the environment (docs/notifications.md), then `alvh notify test`"
    return [_try(f"target {name}", partial(_service, name), mend, needed=True) for name in config.notify.targets]


def _service(target: str) -> str:
    return read_target(target, os.environ).service


def _state(config: Config) -> list[Finding]:
    """Say whether others of this machine may look into the state folder; nothing where there is none yet."""
    try:
        if os.path.lexists(config.state) and not config.state.is_dir():
            words = f"{config.state} is there and is no folder"
            return [Finding("state folder", False, words, "remove it, or set another `state`", True)]
        if os.name != "posix" or not config.state.is_dir():
            return []
        mode = stat.S_IMODE(config.state.stat().st_mode)
    except OSError as error:
        return [Finding("state folder", False, f"{config.state}: {error.strerror}", "let it be read by you", True)]
    words = f"{config.state}, mode {mode:04o}" + (": others of this machine may look into it" if mode & 0o077 else "")
    return [Finding("state folder", not mode & 0o077, words, f"chmod 700 {config.state}", False)]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer", True)


def _extras() -> Finding:
    """Say which packages a plain installation left out; each is named again where a command needs it."""
    missing = missing_extras()
    mend = f"pip install 'alvh[{','.join(missing)}]' for what they do (README.md)"
    return Finding("extras", not missing, f"without {', '.join(missing)}" if missing else "all", mend, False)


def _try(what: str, look: Callable[[], str], mend: str, needed: bool) -> Finding:
    try:
        return Finding(what, True, look(), "", needed)
    except BridgeError as error:
        return Finding(what, False, str(error), mend, needed)


def _anvil_version() -> str:
    program = find_anvil()
    if _of_this_folder(program):
        return f"{program}, not started: it is the working folder's own"
    try:
        answer = subprocess.run(
            [str(program), "--version"],
            env=for_program(os.environ),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingTool(f"{program} does not start ({type(error).__name__})") from error
    return foreign((answer.stdout.splitlines() or ["unknown version"])[0])


def _of_this_folder(program: Path) -> bool:
    """Tell whether a program was found because of the folder that we work in: to look there is not to trust it."""
    packages = Path.cwd() / "node_modules"
    return packages != BESIDE and not os.environ.get("ALVH_ANVIL") and program.is_relative_to(packages)


_BEGIN = "`alvh init` for your own book on a public network, `alvh up` for a local chain, or "


def _examine_chain(config: Config) -> list[Finding]:
    findings: list[Finding] = []
    chain: Chain | None = None
    deployment: Deployment | None = None
    warned = list[str]()
    try:
        at, asked = config.chain, node_url(config.chain.rpc_url)
        url = url_place(asked)
        ways = Ways(at.rpc_urls, at.max_lag_seconds, warned=warned.append)
        chain = connect(asked, at.chain_id, at.caps, at.max_wait_seconds, ways=ways)
        findings.append(Finding("node", True, f"{url}, chain {chain.chain_id}, block {chain.head().number}", "", True))
    except BridgeError as error:
        findings.append(Finding("node", False, str(error), _BEGIN + "set chain.rpc_url and chain.chain_id", True))
    try:
        deployment = load_deployment(config.chain.deployment)
        if chain is not None:
            require_own_node(chain, deployment, config.chain.deployment)
        findings.append(Finding("deployment", True, str(config.chain.deployment), "", True))
    except BridgeError as error:
        mend = _BEGIN + "set chain.deployment and chain.rpc_url to one chain"
        findings.append(Finding("deployment", False, str(error), mend, True))
        deployment = None
    if chain is not None and deployment is not None:
        try:
            findings += _examine_contracts(Snapshot(chain, deployment, chain.head()))
        except BridgeError as error:
            mend = "the deployment file is of another chain or version: write it anew"
            findings.append(Finding("contracts", False, str(error), mend, True))
    mend = "set chain.rpc_urls to nodes that answer"
    return findings + [Finding("other nodes", False, words, mend, False) for words in warned]


def _places(deployment: Deployment) -> dict[str, str]:
    """Return the name and address of everything in a deployment that must have code."""
    found = dict(deployment.contracts)
    for kind, places in (
        ("feed", deployment.feeds),
        ("realised volatility", deployment.realized),
        ("breaker", deployment.breakers),
        ("price pool", deployment.price_pools),
    ):
        found |= {f"{kind} {asset}": address for asset, address in places.items()}
    found |= {f"token {asset} {address}": address for address, asset in deployment.assets.items() if int(address, 16)}
    for asset, own in deployment.own.items():
        found |= {f"parameters of {asset}": own.parameters}
        found |= {f"automation of {asset}": own.automation} if own.automation else {}
    safes = [name for name in ("guardian", "steward") if name in deployment.accounts]
    return found | {f"{name} Safe": deployment.accounts[name] for name in safes}


def _code(snapshot: Snapshot) -> Finding:
    """Compare the code of our contracts with what this version compiled."""
    wrong = code_findings(snapshot)
    mend = "send nothing to it: take the deployment file from the DAO, and the version of this program that deployed it"
    return Finding(
        "code", not wrong, "; ".join(wrong) or "every contract of ours has the code of this version", mend, True
    )


def _others_code(snapshot: Snapshot) -> Finding:
    """Compare the code of Uniswap's and Safe's contracts with what they published."""
    what, mend = "others' code", "compare the addresses with those that their authors name"
    try:
        wrong = others_findings(snapshot)
    except MissingTool as error:
        return Finding(what, True, f"not compared: {error}", "", False)
    found = "; ".join(wrong) or "what Uniswap and Safe published"
    return Finding(what, not wrong, found, mend, False, bool(wrong))


def _seats(snapshot: Snapshot) -> Finding:
    """Compare who holds every role, and what every part reads, with the deployment's file."""
    seats = deployment_seats(snapshot)
    wrong = [seat.finding() for seat in seats if not seat.right]
    mend = "ask the DAO who is right, `alvh gov roles` shows all: correct the file, or propose to give the role back"
    return Finding(
        "roles", not wrong, "; ".join(wrong) or f"all {len(seats)} are held by whom they should be", mend, True
    )


def _examine_contracts(snapshot: Snapshot) -> list[Finding]:
    there = snapshot.deployment
    required = REQUIRED[:1] if "dao" in there.accounts else REQUIRED
    wrong = [f"{name} (no address)" for name in required if name not in {*there.contracts, *there.accounts}]
    wrong += [f"feed {asset} (no address)" for asset in there.price_pools if asset not in there.feeds]
    wrong += [] if there.price_pools else ["price pools (none)"]
    wrong += [name for name, address in _places(there).items() if not snapshot.has_code(address)]
    named = ", ".join(wrong) or f"{len(there.contracts)} contracts have code"
    mend = "the deployment file is of another chain or lacks an address: write it anew"
    findings = [Finding("contracts", not wrong, named, mend, True)]
    if wrong:
        return findings
    findings.append(_code(snapshot))
    if not findings[-1].ok:  # whatever code of others answers proves nothing
        return findings
    if "dao" not in there.accounts:
        require_governor(snapshot)
    read_governed(snapshot)
    findings += [_others_code(snapshot), _seats(snapshot)]
    findings += [_holder(role, seen) for role, seen in inspect_holders(snapshot).items()]
    for feed in read_status(snapshot):
        age = f"round {feed.round}, {feed.age_seconds} s old, at most {feed.max_age_seconds} s"
        findings.append(
            Finding(f"{feed.asset} feed", not feed.stale, age, "have the reporters submit: `alvh oracle sign`", True)
        )
    return findings


def _holder(role: str, seen: Inspected) -> Finding:
    found = "; ".join([f"{seen.words}, at block {seen.block}", *seen.warnings])
    mend = f"ask its owners, or let the DAO name another: `alvh gov propose set-{role} SAFE`"
    return Finding(f"{role} Safe", not seen.warnings, found, mend, False, bool(seen.warnings))
