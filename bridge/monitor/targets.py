"""Where messages go: services by Apprise, webhooks by our own HTTP line. Their URLs are secrets of the environment.

    ALVH_NOTIFY_OPS=slack://TOKEN/TOKEN/TOKEN            what Apprise knows, by its own URLs
    ALVH_NOTIFY_HOOK=https://hooks.example/alvh          a webhook: also json:// and jsons://

A webhook is sent JSON with the notice's id, also as Idempotency-Key; it says Retry-After, and it has a deadline as a
whole. Of Apprise a status is all that is learnt. Nothing of a URL is in an error, a result or a log.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from bridge.chain.connection import Connection, Unusable
from bridge.errors import BadConfig, MissingTool
from bridge.foreign import foreign
from bridge.hidden import keep_hidden
from bridge.monitor.notices import Notice
from bridge.monitor_settings import NotifyConfig

if TYPE_CHECKING:
    from apprise import NotifyBase

VARIABLE: Final = "ALVH_NOTIFY_"
SECONDS: Final = 20.0
"""Of a whole webhook; of Apprise of each step on the line."""
BUSY_SECONDS: Final = 300.0
"""How long a service is left alone that says "too many" by way of Apprise, which does not tell for how long."""
WEBHOOKS: Final = {"http": "http", "https": "https", "json": "http", "jsons": "https"}
TYPES: Final = {"critical": "failure", "warning": "warning", "information": "info"}
PASSING: Final = frozenset({408, 425, 429})
"""Statuses below 500 that say nothing of the message."""
_STATUS: Final = re.compile(r"\berror=([1-5]\d\d)\b")
_LEAST_TOKEN: Final = 8


@dataclass(frozen=True)
class Outcome:
    """What became of a message.

    Parameters
    ----------
    error
        Empty where it was taken.
    retry_after
        Seconds for which to leave the target alone.
    refused
        Whether the target is there, and does not want this message: the next may be another matter.
    """

    error: str = ""
    retry_after: float = 0.0
    refused: bool = False


@dataclass(frozen=True)
class Target:
    """A place that messages go to: its name in the settings, the service, and what sends a notice of a book."""

    name: str
    service: str
    send: Callable[[Notice, str], Outcome]


def variable_of(name: str) -> str:
    """Return the variable that holds the URL of a target.

    >>> variable_of("ops")
    'ALVH_NOTIFY_OPS'
    """
    return VARIABLE + name.upper()


def read_targets(settings: NotifyConfig, environment: Mapping[str, str]) -> dict[str, Target]:
    """Return every target that the settings name, by its name.

    Raises
    ------
    BadConfig
        A variable is missing, or holds no URL that is known.
    MissingTool
        Apprise is not installed.
    """
    missing = [variable_of(name) for name in settings.targets if not environment.get(variable_of(name), "").strip()]
    if missing:
        raise BadConfig(f"notify: {', '.join(missing)} is not set: give the URL of each target (docs/notifications.md)")
    return {name: read_target(name, environment) for name in settings.targets}


def read_target(name: str, environment: Mapping[str, str]) -> Target:
    """Return one target.

    Raises
    ------
    BadConfig
        Its variable is missing, or holds no URL that is known; it is named, its value never.
    MissingTool
        Apprise is not installed.
    """
    variable = variable_of(name)
    url = environment.get(variable, "").strip()
    if not url:
        raise BadConfig(f"{variable} is not set: give the URL of the target {name} (docs/notifications.md)")
    keep_hidden(url, _tokens(url))
    scheme = url.partition("://")[0].lower()
    service = None if scheme.startswith("json") else _service(url)
    if service is not None:
        return Target(name, foreign(service.service_name), partial(_send_by_apprise, service))
    if scheme not in WEBHOOKS:
        raise BadConfig(f"{variable} is no URL of a service that is known: docs/notifications.md has one of each")
    place, headers = _webhook(url)
    try:
        Connection(place, headers)
    except Unusable as error:
        raise BadConfig(f"{variable} is {error}") from None
    plain = "" if WEBHOOKS[scheme] == "https" else ", not encrypted"
    return Target(name, f"webhook{plain}", partial(_post, place, headers))


def send_within(target: Target, notice: Notice, book: str, seconds: float) -> Outcome:
    """Send one notice, and wait for what becomes of it no longer than so many seconds."""
    found: list[Outcome] = []
    thread = Thread(target=lambda: found.append(target.send(notice, book)), daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else Outcome(f"no answer in {seconds:g} s")


def _tokens(url: str) -> list[str]:
    """Return what may be a token though it stands where a host does, as in slack://TOKEN/TOKEN/TOKEN."""
    place = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return [part for part in {place, *place.split(":")} if len(part) >= _LEAST_TOKEN and "." not in part]


def _webhook(url: str) -> tuple[str, dict[str, str]]:
    """Return the URL that is posted to, and headers that options of it give: ?+Name=value, as Apprise writes them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", {}
    options = [option for option in parts.query.split("&") if option]
    given = (option[1:].partition("=") for option in options if option[0] == "+")
    headers = {unquote(name): unquote(value) for name, _, value in given}
    query = "&".join(option for option in options if option[0] != "+")
    scheme = WEBHOOKS[parts.scheme.lower()]
    return urlunsplit((scheme, parts.netloc, parts.path, query, "")), headers


def _post(url: str, headers: Mapping[str, str], notice: Notice, book: str) -> Outcome:
    """Send a notice to a webhook."""
    body = {"book": foreign(book)} | {name: getattr(notice, name) for name in ("id", "severity", "title", "body")}
    try:
        line = Connection(url, headers, SECONDS, {"Idempotency-Key": notice.id})
        answer = line.post(json.dumps(body).encode(), again=False)
        line.close()
    except Unusable as error:
        return Outcome(str(error))
    except (OSError, HTTPException, ValueError) as error:
        return Outcome(f"no connection, or it broke ({type(error).__name__})")
    if 200 <= answer.status < 300:
        return Outcome()
    return Outcome(f"it answers HTTP {answer.status}", answer.retry_after or 0.0, _refuses(answer.status))


def _service(url: str) -> NotifyBase | None:
    """Return what Apprise makes of a URL, which may be a service's own address; None where it knows none."""
    try:
        from apprise import Apprise, AppriseAsset
    except ImportError as error:
        raise MissingTool("notifications need Apprise: pip install 'alvh[monitor]'") from error
    _keep_quiet()
    # No pictures: they are on a host of others. No redirects: what is sent holds keys.
    asset = AppriseAsset(
        app_id="alvh", app_desc="alvh", app_url="", image_url_mask="", image_url_logo="", http_redirects=False,
        async_mode=False, storage_mode="memory",
    )  # fmt: skip
    made = Apprise.instantiate(url, asset=asset)
    if made is not None:
        made.socket_connect_timeout = made.socket_read_timeout = SECONDS
    return made


def _keep_quiet() -> None:
    """Let no library log: urllib3 writes paths, which hold tokens, and Apprise quotes what others answer."""
    apprise = logging.getLogger("apprise")
    apprise.setLevel(logging.WARNING)  # so much is kept for the result
    apprise.propagate = False
    for name in ("urllib3", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _send_by_apprise(service: NotifyBase, notice: Notice, book: str) -> Outcome:
    """Send a notice to a service; its title names the book."""
    from apprise import Apprise

    one = Apprise(asset=service.asset)
    one.add(service)
    result = one.notify(
        body=notice.body, title=notice.title, notify_type=TYPES.get(notice.severity, "info"), body_format="text"
    )
    if result:
        return Outcome()
    status = _status(entry.message for entry in result.logs())
    why = f"HTTP {status}" if status else "no connection, or it refuses"
    error = f"{foreign(service.service_name)} did not take it ({why})"
    return Outcome(error, BUSY_SECONDS if status == 429 else 0.0, _refuses(status))


def _refuses(status: int) -> bool:
    return 400 <= status < 500 and status not in PASSING


def _status(logged: Iterable[str]) -> int:
    """Return the status that Apprise logged last; 0 where none was."""
    found = [int(status) for words in logged for status in _STATUS.findall(words)]
    return found[-1] if found else 0
