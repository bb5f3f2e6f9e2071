"""Which chain a node serves, before anything is asked of it."""

from __future__ import annotations

from bridge.chain.node import Chain
from bridge.chain.rpc import as_number
from bridge.errors import ChainError, NodeUnreachable


def served_chain(url: str, patience: float) -> int:
    """Return the id of the chain that a node serves.

    Parameters
    ----------
    patience
        Seconds that its answer may take.

    Raises
    ------
    NodeUnreachable
        Nothing answers at the URL, or not with a chain.
    """
    chain = Chain(url, 0, patience=patience)
    try:
        return as_number(chain.request("eth_chainId"), "asking for the chain")
    except NodeUnreachable:
        raise
    except ChainError as error:
        raise NodeUnreachable(url, str(error)) from error
