"""Packages that a plain installation leaves out: named, with what installs them, where a command needs one.

pip install alvh             plans, exposure, governance, ledger, monitor without its page
pip install 'alvh[EXTRA]'    what `EXTRAS` names besides; `all` is every one of them
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Final

from bridge.errors import MissingTool

EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "report": ("matplotlib",),
    "parquet": ("pyarrow",),
    "fast": ("numba",),
    "study": ("arch", "matplotlib", "numba", "pyarrow"),
    "cluster": ("distributed",),
    "postgres": ("psycopg",),
    "monitor": ("apprise", "prometheus_client", "starlette", "structlog", "uvicorn"),
}
"""Modules of each extra of pyproject.toml."""


@cache
def is_installed(module: str) -> bool:
    """Tell whether a module is there, without loading it."""
    return find_spec(module) is not None


def missing_extras() -> list[str]:
    """Return the extras that are not installed, or not whole."""
    return [extra for extra, modules in EXTRAS.items() if not all(map(is_installed, modules))]


def require_extra(extra: str, what: str, otherwise: str = "") -> None:
    """Refuse what needs an extra that is not installed, before any work is done.

    Parameters
    ----------
    what
        What needs it, as the message begins.
    otherwise
        What goes without it, as the message ends.

    Raises
    ------
    MissingTool
        A package of the extra is not there; the message says how to install it.
    """
    missing = [module for module in EXTRAS[extra] if not is_installed(module)]
    if missing:
        words = f"{what} needs {', '.join(missing)}: pip install 'alvh[{extra}]'"
        raise MissingTool(words + (f", or {otherwise}" if otherwise else ""))
