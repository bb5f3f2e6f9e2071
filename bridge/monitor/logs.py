"""What a running monitor logs: JSON lines for machines, or lines for a terminal; each line is one event.

Events of other libraries come the same way. Every text, whoever wrote it, is one line of letters that are seen, without
secrets and with no more of a URL than its place. Libraries that log addresses and requests stay quiet below a warning.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

from bridge.errors import MissingTool
from bridge.foreign import TEXT, foreign, url_place
from hedge.units import json_number

QUIET: Final = (
    "aiohttp", "alembic", "apprise", "asyncio", "matplotlib", "numba", "requests", "sqlalchemy", "urllib3",
    "uvicorn.access", "uvicorn.error", "web3", "websockets",
)  # fmt: skip
"""Loggers of others: at DEBUG and INFO they tell URLs, with the keys in them."""
MOST_FRAMES: Final = 8
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}://[^\s'\"<>]+")
_SIGNS: Final = ".,:;!?)]}"
_PLAIN: Final = (bool, int, float, type(None))


def configure(as_json: bool, stream: TextIO | None = None) -> None:
    """Send events to a stream from now on, in place of where they went before.

    Parameters
    ----------
    as_json
        Whether they are JSON lines; else lines for people.
    stream
        Where to; standard error where it is left out.

    Raises
    ------
    MissingTool
        structlog is not installed.
    """
    try:
        import structlog
    except ImportError as error:
        raise MissingTool(f"the monitor's log needs structlog: pip install 'alvh[monitor]' ({error})") from error
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        shown,
    ]
    stream = stream or sys.stderr
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, allow_nan=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
    )
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[clean, last]))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def shown(_: object, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Return an event as anybody may read it: its texts cleaned, an error as its class, words and places.

    Places are files, lines and functions of ours or of a library: never values of variables.
    """
    kept = {name: each for name, each in event.items() if name.startswith("_")}  # of structlog itself
    told = {name: each for name, each in event.items() if not name.startswith("_")}
    error = told.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        told |= {"error": type(error).__name__, "words": str(error), "at": _places(error)}
    return {foreign(name): _value(each) for name, each in told.items()} | kept


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _value(each: Any) -> Any:
    """Return a value as JSON holds it, its texts as they may be shown."""
    if isinstance(each, _PLAIN):
        return json_number(each)
    if isinstance(each, Mapping):
        return {foreign(name): _value(value) for name, value in each.items()}
    if isinstance(each, (list, tuple, set, frozenset)):
        return [_value(value) for value in each]
    return _URL.sub(_place, foreign(each, TEXT))


def _place(found: re.Match[str]) -> str:
    """Return the place of a URL, with the signs of the sentence that it stands in."""
    url = found[0].rstrip(_SIGNS)
    return url_place(url) + found[0][len(url) :]
