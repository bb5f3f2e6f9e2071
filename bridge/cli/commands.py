"""The commands of `alvh`: where each is and what it says of itself.

Both the help of `alvh` and its command tree are made from this table, so that the help needs no command to be loaded,
and a command none of the others. Imports nothing.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str, str]] = {
    "up": (
        "local",
        "up",
        "Start a local chain with Uniswap v2, v3, v4, Safe and our contracts, pools moved along a price path, "
        "positions minted.",
    ),
    "local": (
        "local_moves",
        "app",
        "The local chain of `alvh up` by hand: move prices, mint positions, let time pass, report volatilities.",
    ),
    "demo": (
        "local",
        "demo",
        "Run the whole loop once on a local chain of its own, print a summary and write an HTML report.",
    ),
    "exposure": (
        "book",
        "exposure",
        "Show every position of an owner and the whole book: value, greeks, IL, LVR, fees, break-even volatility.",
    ),
    "plan": (
        "planning",
        "plan",
        "Say what to buy and sell against the tail of an owner's book, whether at all, and what to change on chain.",
    ),
    "propose": (
        "proposing",
        "propose",
        "Turn a plan into a governor proposal: preflight by the contract's own rules, difference, then dry run "
        "or send.",
    ),
    "watch": (
        "monitor",
        "watch",
        "Compare exposure with the hedge on record, and watch feeds, parameters and proposals. Never signs anything.",
    ),
    "notify": (
        "notify",
        "app",
        "Whom the monitor tells of alerts: list the targets of alvh.toml, send each a test message.",
    ),
    "hedge": (
        "hedge",
        "app",
        "The ledger of fills: import, record, list, close, correct. Nothing in it is ever changed or removed.",
    ),
    "db": ("db", "app", "The database of the ledger and the monitor: check it, copy it, export it, thin it by age."),
    "backtest": (
        "study",
        "backtest",
        "Play hedges through a market's own history, week by week, and say what they were worth and how sure that is.",
    ),
    "simulate": (
        "study",
        "simulate",
        "Simulate a pool position alone and under five hedges, on the same paths, and say what each removes.",
    ),
    "deploy": (
        "deploy",
        "app",
        "Deploy the contracts on a real network beside a new DAO or one that exists, and prove any deployment. "
        "Dry run without --send.",
    ),
    "init": ("init", "init", "Write a commented alvh.toml for your own book on a public network."),
    "networks": (
        "networks",
        "networks",
        "List the public networks that are known, or the tokens, feeds and contracts of one. Asks no node.",
    ),
    "completion": (
        "completion",
        "completion",
        'Print what lets bash, zsh or fish complete commands and options: eval "$(alvh completion bash)".',
    ),
    "doctor": (
        "local",
        "doctor",
        "Say what is missing or misconfigured, and how to mend it. Exit code 1 if something is.",
    ),
    "oracle": ("oracle", "app", "The volatility oracle: quote an index, sign reports, submit them, see their age."),
    "fetch": (
        "fetch",
        "app",
        "Fetch option chains and histories from a venue into files that plan, oracle and signals read. Read-only.",
    ),
    "collect": (
        "fetch",
        "collect",
        "Take option chains on a schedule into a folder, one part a round, which `--chain FOLDER` reads as one file.",
    ),
    "gov": (
        "gov",
        "app",
        "Governor proposals: propose, list, show, verify, vote, queue, execute, cancel; who holds what. "
        "Dry run without --send.",
    ),
    "safe": (
        "safe",
        "app",
        "The guardian's and the steward's Safe: propose, sign, execute, show. Dry run without --send.",
    ),
}
"""By name: module of `bridge.cli`, its command or group of commands, and the first lines of its help as one line."""

JOINED: dict[str, tuple[str, ...]] = {
    "fetch": ("fetch_publishers",),
    "gov": ("dao", "proof"),
    "hedge": ("hedge_import", "hedge_changes"),
    "safe": ("safe_transport",),
}
"""Groups that have commands in other modules too, which add them to the group when they are loaded."""

ABOUT = "Layered volatility hedges for AMM liquidity providers, governed by a DAO."
LOOP = (
    "The loop: exposure -> oracle -> plan -> propose -> gov -> watch. "
    "up gives a local chain to try it on, demo runs the whole loop once."
)
OPTIONS = {"--version": "Show the version.", "--help": "Show this message and exit."}
ENDING = "Educational software, no financial advice: options can lose all that is paid for them and more."
COMPLETING = "_ALVH_COMPLETE"
"""Variable by which a shell asks for completions."""
