"""Ethereum, Base and Arbitrum on this machine, with Uniswap at its real addresses, and a venue: `make networks`.

The folder gets an `alvh.toml` that names all of them; they run until Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.bridge.fake_venue import RunningClock, fake_venue
from tests.e2e.public_networks import NAMES, public_network, settings_of


def main() -> None:
    """Start everything, say what to try, and wait."""
    parser = argparse.ArgumentParser(prog="python -m scripts.three_networks", description=main.__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("own-book"), help="where alvh.toml is written")
    folder: Path = parser.parse_args().folder
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        networks = []
        for name in NAMES:
            networks.append(stack.enter_context(public_network(name)))
            print(f"{name:10} chain {networks[-1].network.chain_id:6}  {networks[-1].url}", flush=True)
        seen = max(each.node.head().timestamp for each in networks)
        venue = stack.enter_context(fake_venue(RunningClock(seen + 1), networks[0].spots))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alvh.toml").write_text(settings_of(networks, venue.url), encoding="utf-8")
        print(f"venue      {venue.url}\n")
        print(f". .venv/bin/activate\ncd {folder}\nalvh doctor\nalvh exposure")
        print("alvh plan --live\nalvh watch --once --live\n", flush=True)
        print("Ctrl-C ends them", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
