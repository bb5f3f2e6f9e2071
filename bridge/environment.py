"""What other programs inherit of the environment: no key, no password, no address that may hold one.

A program that we start needs none of them, and whoever can replace it, or read its environment, would have them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_NEEDED: Final = re.compile(r"PATH|HOME|USERPROFILE|SYSTEMROOT|TMPDIR|TEMP|TMP|TZ|LANG|LC_\w+|RUST_\w+")
_SECRET: Final = re.compile(r"KEY|SECRET|TOKEN|PASS|MNEMONIC|(^|_)SEED|CREDENTIAL|AUTH|URL|DSN", re.IGNORECASE)
_ADDRESS: Final = "://"  # with a login or a key in it, perhaps: nothing says so


def for_program(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a program of other people needs to start: where things are, and the language."""
    return {name: value for name, value in environment.items() if _NEEDED.fullmatch(name)}


def for_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker of ours inherits: all that does not look like a secret by its name or its value."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name) and _ADDRESS not in value}


@contextmanager
def without_secrets() -> Iterator[None]:
    """Start workers from here: secrets are out of this process's environment meanwhile, and back afterwards."""
    kept = for_worker(os.environ)
    secrets = {name: value for name, value in os.environ.items() if name not in kept}
    for name in secrets:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(secrets)
