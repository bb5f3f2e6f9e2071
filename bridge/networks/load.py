"""The files of networks: those that come with us, and those that people write, which add to them.

Heartbeats in the shipped files are the public values of Chainlink's documentation, rounded up where they are under two
minutes and the longest usual one, a day, where we do not know better: no package publishes them, so no test holds them
against one. Addresses are, see docs/networks.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bridge.errors import BadFile
from bridge.foreign import NOT_SHOWN
from bridge.mistakes import plain_mistake
from bridge.networks.models import Network, NetworkFile
from bridge.toml_files import toml_content

SHIPPED: Final = Path(__file__).parent
_PART: Final = re.compile(r"[a-z][a-z0-9_]{0,39}|[0-9]{1,6}")
"""A key of a file as it may be shown, or a place in a list; others may be a secret that slipped there."""


def known_networks(files: Sequence[Path] = ()) -> dict[str, Network]:
    """Return every known network by name.

    Parameters
    ----------
    files
        Files of the same form, each of which adds a network, or tokens, feeds and the like to one of the same name and
        chain id: its entries come before those of the same address or pair, later files before earlier ones.

    Raises
    ------
    BadFile
        A file is absent, no TOML, has an unknown key or what cannot be, or names a known network with another chain id:
        the file, the place in it, and why.
    """
    networks = dict(_shipped())
    for path in files:
        added = _read(path)
        _require_same(path, added, networks)
        networks[added.name] = _merged(path, networks.get(added.name), added)
    return networks


def network_by_id(chain_id: int, files: Sequence[Path] = ()) -> Network | None:
    """Return the network of a chain id, None where it is not known; raises as `known_networks` does."""
    return next((each for each in known_networks(files).values() if each.chain_id == chain_id), None)


@cache
def _shipped() -> dict[str, Network]:
    networks: dict[str, Network] = {}
    for path in sorted(SHIPPED.glob("*.toml")):
        added = _read(path)
        _require_same(path, added, networks)
        networks[added.name] = _merged(path, None, added)
    return dict(sorted(networks.items(), key=lambda item: item[1].chain_id))


def _read(path: Path) -> NetworkFile:
    try:
        return NetworkFile.model_validate(toml_content(path))
    except FileNotFoundError:
        raise BadFile(path, "no such file") from None
    except ValidationError as error:
        raise BadFile(path, _explain(error)) from None
    except OSError as error:
        raise BadFile(path, f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        # The reader's own words repeat what it stumbled over.
        raise BadFile(path, "not TOML in UTF-8") from None


def _require_same(path: Path, added: NetworkFile, networks: dict[str, Network]) -> None:
    """Check that a name and a chain id are those of one network, or of none.

    Raises
    ------
    BadFile
        They are of two.
    """
    named = networks.get(added.name)
    if named is not None and named.chain_id != added.chain_id:
        raise BadFile(path, f"chain_id: {added.name} is chain {named.chain_id}: correct it, or give another name")
    of_id = next((each for each in networks.values() if each.chain_id == added.chain_id), None)
    if of_id is not None and of_id.name != added.name:
        raise BadFile(path, f"name: chain {added.chain_id} is already known as {of_id.name}: use that name")


def _merged(path: Path, known: Network | None, added: NetworkFile) -> Network:
    """Return a network with what a file adds to it."""
    given: dict[str, Any] = known.model_dump() if known else {}
    said = added.model_dump(exclude_none=True, exclude={"tokens", "feeds", "uniswap", "stakers"})
    tokens = {token.address: token for token in (*(known.tokens if known else ()), *added.tokens)}
    uniswap = (known.uniswap.model_dump() if known else {}) | added.uniswap.model_dump(exclude_none=True)
    feeds = (known.feeds if known else {}) | {feed.pair: feed for feed in added.feeds}
    stakers = (known.stakers if known else {}) | added.stakers
    lists = {"tokens": tuple(tokens.values()), "uniswap": uniswap, "feeds": feeds, "stakers": stakers}
    try:
        return Network.model_validate(given | said | lists)
    except ValidationError as error:
        raise BadFile(path, _explain(error)) from None


def _explain(error: ValidationError) -> str:
    """Say where the first mistake is and what is expected there; what was given is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(_shown(part) for part in first["loc"] if part != "[key]")
    words = {"extra_forbidden": "unknown key", "missing": "missing: a new network needs it"}.get(
        first["type"], plain_mistake(first)
    )
    return f"{place}: {words}" if place else words


def _shown(part: int | str) -> str:
    return str(part) if _PART.fullmatch(str(part)) else NOT_SHOWN
