"""Deploy on Brownie's own network, by the functions of `alvh up` and `alvh deploy`; writes the file that `alvh` reads.

`brownie run deploy` builds the local world, `brownie run deploy contracts deploy.toml` what the settings say: a dry run
unless `send` follows.
"""

from pathlib import Path

from brownie import network

from bridge.chain.node import connect
from bridge.cli.app import app
from bridge.genesis import GovernanceTerms
from bridge.local.price_path import simulated_path
from bridge.local.world import build_world

STEPS = 12


def main(steps: str = str(STEPS), deployment: str = ".alvh/deployment.json") -> None:
    """Deploy everything on the active network.

    Parameters
    ----------
    steps
        Length of the simulated price path, in steps of 8 hours.
    deployment
        Where the addresses are written.
    """
    chain = connect(network.web3.provider.endpoint_uri, network.web3.eth.chain_id)
    world = build_world(
        chain, simulated_path(int(steps)), GovernanceTerms(), lambda text, share: print(f"{share:4.0%} {text}")
    )
    world.deployment.save(Path(deployment))
    print(f"written: {deployment}")


def contracts(settings: str = "deploy.toml", send: str = "") -> None:
    """Carry out a deployment's settings on the active network, with the key that the environment holds.

    Parameters
    ----------
    settings
        The file that `alvh deploy init` writes.
    send
        "send" signs and sends; without it every transaction is shown.
    """
    words = ["--send"] if send == "send" else []
    app(["deploy", settings, "--rpc", network.web3.provider.endpoint_uri, *words], standalone_mode=False)
