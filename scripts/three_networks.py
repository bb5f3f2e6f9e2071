"""Ethereum, Base and Arbitrum on this machine, with Uniswap at its real addresses, and a venue: `make networks`.

The folder gets an `alvh.toml` that names all of them; they run until Ctrl-C, at the machine's time.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from bridge.errors import BridgeError
from tests.bridge.fake_venue import RunningClock, fake_venue
from tests.e2e.public_networks import NAMES, Public, move_clock, public_network, say_prices, settings_of

LOOK_SECONDS = 5.0
PRICES_SECONDS = 240.0
"""Between two answers of the feeds, each in a block of its own: no chain seems to have stopped."""
PLACES = ("rpc_url", "url")
"""Settings that are others at each start."""


def main() -> int:
    """Start everything, say what to try, and wait; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.three_networks", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("own-book"), help="where alvh.toml is written")
    folder: Path = parser.parse_args().folder
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        networks = []
        for name in NAMES:
            networks.append(stack.enter_context(public_network(name, int(time.time()))))
            print(f"{name:10} chain {networks[-1].network.chain_id:6}  {networks[-1].url}", flush=True)
        seen = max(each.node.head().timestamp for each in networks)
        venue = stack.enter_context(fake_venue(RunningClock(seen + 1), networks[0].spots))
        write_settings(folder / "alvh.toml", settings_of(networks, venue.url))
        print(f"venue      {venue.url}\n")
        print(f". .venv/bin/activate\ncd {folder}\nalvh doctor\nalvh exposure\nalvh plan --live")
        print("alvh watch --once --live\n\nCtrl-C ends them", flush=True)
        try:
            print(stay(networks), file=sys.stderr)
        except KeyboardInterrupt:
            print("stopped")
            return 0
        return 1


def write_settings(path: Path, text: str) -> None:
    """Write the settings; a file that says more than those of an earlier start is kept beside them, and named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and _lasting(path.read_text(encoding="utf-8")) != _lasting(text):
        kept = next(each for number in count(1) if not (each := path.with_name(f"{path.name}.{number}")).exists())
        path.rename(kept)
        print(f"{path} was there: it is kept as {kept}, as the nodes have other places now")
    path.write_text(text, encoding="utf-8")


def _lasting(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(PLACES)]


def stay(networks: Sequence[Public]) -> str:
    """Keep prices and blocks of now until a node has ended; returns which one."""
    said = time.monotonic()
    while True:
        time.sleep(LOOK_SECONDS)
        due = time.monotonic() - said > PRICES_SECONDS
        said = time.monotonic() if due else said
        for each in networks:
            try:
                each.node.begin()
                each.node.head()
                if due:
                    move_clock(each.node, max(int(time.time()), each.node.head().timestamp + 1))
                    say_prices(each.node, each.network, each.spots)
            except BridgeError:
                return f"the node of {each.network.title} at {each.node.url} has ended, so all are ended"


if __name__ == "__main__":
    sys.exit(main())
