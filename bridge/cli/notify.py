"""`alvh notify`: whom the monitor tells, and whether that works."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.monitor_settings import NotifyConfig, RouteConfig

app = typer.Typer(
    no_args_is_help=True,
    help="Whom the monitor tells of alerts: list the targets of alvh.toml, send each a test message.",
)
COLUMNS = ("target", "variable", "service", "told of")
TEST_COLUMNS = ("target", "service", "test message")
NOBODY = "alvh.toml names no target: set notify.default, and its URL in the environment (docs/notifications.md)"
TEST_SECONDS = 45.0


@app.command("test")
def send_test(
    target: Annotated[str | None, typer.Option("--target", help="This target alone; its variable is enough.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send a test message to each target, and say whether it was taken. Exit code 1 where one was not.

    Examples: alvh notify test; alvh notify test --target ops
    """
    from bridge.cli.show import console, table
    from bridge.config import load_config
    from bridge.errors import UsageError

    settings = load_config(config)
    names = settings.notify.targets if target is None else (_name(target),)
    if not names:
        raise UsageError(NOBODY)
    found = [_tested(name, settings.ledger.book) for name in names]
    if as_json:
        print_json(found)
    else:
        rows = [[each["target"], each["service"], each["error"] or "taken"] for each in found]
        console().print(table("Test messages", TEST_COLUMNS, rows, left=3))
    if not all(each["delivered"] for each in found):
        raise typer.Exit(1)


def _name(target: str) -> str:
    import re

    from bridge.errors import UsageError
    from bridge.foreign import setting_word
    from bridge.monitor_settings import TARGET

    if not re.fullmatch(TARGET, target):
        raise UsageError(f"--target {setting_word(target)} is no name of a target: small letters, digits and _")
    return target


def _tested(name: str, book: str) -> dict[str, Any]:
    """Send a test message to one target, and return what became of it."""
    import time

    from bridge.errors import BadConfig
    from bridge.monitor.notices import notice
    from bridge.monitor.targets import read_target, send_within
    from bridge.units import utc

    now = time.time()
    words = f"This is a test of `alvh notify test`, sent at {utc(int(now))}. Nobody need do anything."
    message = notice(name, f"Test message of the book {book}", words, "information", ("test", book, str(now)))
    try:
        target = read_target(name, os.environ)
        service, outcome = target.service, send_within(target, message, book, TEST_SECONDS)
    except BadConfig as error:
        return {"target": name, "service": "", "delivered": False, "error": str(error)}
    return {"target": name, "service": service, "delivered": not outcome.error, "error": outcome.error}


@app.command("list")
def list_(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """List the targets, the variable that holds the URL of each, its service, and what it is told of. Sends nothing.

    Examples: alvh notify list; alvh notify list --json
    """
    from bridge.cli.show import console, table
    from bridge.config import load_config

    settings = load_config(config).notify
    found = [_listed(name, settings) for name in settings.targets]
    if as_json:
        print_json({"targets": found, **settings.model_dump(mode="json")})
    elif not found:
        say(NOBODY)
    else:
        rows = [[each["target"], each["variable"], each["trouble"] or each["service"], each["told"]] for each in found]
        console().print(table("Who is told", COLUMNS, rows, left=4))


def _listed(name: str, settings: NotifyConfig) -> dict[str, Any]:
    from bridge.errors import BadConfig
    from bridge.monitor.targets import read_target, variable_of

    service = trouble = ""
    try:
        service = read_target(name, os.environ).service
    except BadConfig as error:
        trouble = "not set" if not os.environ.get(variable_of(name), "").strip() else str(error)
    told = [_route(route) for route in settings.routes if name in route.targets]
    told += ["what no route names"] if name == settings.default else []
    told += ["the daily summary"] if name == settings.default and settings.digest_hour is not None else []
    escalated = name in (settings.escalate or (settings.default,))
    told += ["what nobody acknowledges"] if escalated else []
    told_of = "; ".join(told)
    return {"target": name, "variable": variable_of(name), "service": service, "trouble": trouble, "told": told_of}


def _route(route: RouteConfig) -> str:
    """Return a route in words."""
    kinds, severities = ", ".join(route.kinds) or "every kind", ", ".join(route.severities) or "any severity"
    return f"{kinds} ({severities})"
