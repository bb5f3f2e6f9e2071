"""Build the local world on Brownie's own network: `brownie run deploy`; writes the file that `alvh` reads."""

from pathlib import Path

from brownie import network

from bridge.chain.node import connect
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
