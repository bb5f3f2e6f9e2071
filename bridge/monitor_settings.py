"""The settings of the monitor that is left running: its page, what it keeps, whom it tells. No secret is in them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.settings import Section

TARGET: Final = r"^[a-z][a-z0-9_]{0,31}$"
"""A name of a target: ALVH_NOTIFY_ and the name in capitals is the variable that holds its URL."""
Target = Annotated[str, Field(pattern=TARGET)]
SeverityName = Literal["information", "warning", "critical"]


class PageConfig(Section):
    """Where the page is served.

    Parameters
    ----------
    host, port
        What it listens at; anything but this machine needs a token in the environment's ALVH_PAGE_TOKEN.
    hosts
        Names by which browsers may ask for it beside `host`: of a reverse proxy and the like.
    """

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8484
    hosts: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=255)], ...], Field(max_length=32)] = ()


class KeepConfig(Section):
    """For how long looks are kept: each for `every_days`, then one an hour for `hourly_days`, then one a day."""

    every_days: Annotated[float, Field(gt=0, le=3650)] = 2.0
    hourly_days: Annotated[float, Field(gt=0, le=36_500)] = 90.0


class RouteConfig(Section):
    """Who is told of what: alerts of these kinds and severities go to the targets; all of them where none is named."""

    targets: Annotated[tuple[Target, ...], Field(min_length=1, max_length=16)]
    kinds: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=64)] = ()
    severities: Annotated[tuple[SeverityName, ...], Field(max_length=3)] = ()


class NotifyConfig(Section):
    """Whom the monitor tells.

    Parameters
    ----------
    default
        The target that is told what no route names; needed where there are routes.
    routes
        The first that fits an alert counts.
    escalate
        Who is told of a warning or worse that nobody acknowledges for `escalate_seconds`; the default where empty.
    digest_hour
        The hour (UTC) of a daily summary to the default; none where it is left out.
    """

    default: Target | None = None
    routes: Annotated[tuple[RouteConfig, ...], Field(max_length=64)] = ()
    escalate: Annotated[tuple[Target, ...], Field(max_length=16)] = ()
    escalate_seconds: Annotated[int, Field(ge=60, le=30 * 86_400)] = 3600
    digest_hour: Annotated[int, Field(ge=0, le=23)] | None = None

    @model_validator(mode="after")
    def _has_a_default(self) -> NotifyConfig:
        """Refuse routes without a target for what none of them names: it would be told to nobody."""
        if (self.routes or self.escalate or self.digest_hour is not None) and self.default is None:
            raise PydanticCustomError("no_default", "needs a default: what no route names would be told to nobody")
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """Return every target that is named, the default first, each once."""
        first, routed = (self.default,) if self.default else (), [each.targets for each in self.routes]
        return tuple(dict.fromkeys((*first, *(name for names in routed for name in names), *self.escalate)))
