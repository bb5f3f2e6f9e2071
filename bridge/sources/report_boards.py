"""Where reporters of a feed leave signed reports for each other: a folder that they share, or a place that speaks HTTP.

    FOLDER/CHAIN/FEED/ROUND/REPORTER.json     one report a file, as `alvh oracle sign` prints it
    URL/CHAIN/FEED/ROUND                      GET: a JSON list of them; POST: one more

Boards are transport and no witness: `genuine` keeps what a reporter of the feed signed for this very round and time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from bridge.errors import BadFile, UntrustedNumber
from bridge.files import write_whole
from bridge.sources.oracle import (
    Report,
    SignedReport,
    read_signed_reports,
    report_json,
    require_report_observed,
    signed_report,
    signer_of,
)
from bridge.venues.asking import NO_JSON, Asker, Reply
from bridge.venues.fields import Odd

MOST_LISTED: Final = 256
"""Reports of one round that a board may list; feeds have at most 31 reporters."""
SCHEMES: Final = ("http://", "https://")


class Board(Protocol):
    """Takes a report, and gives those of a round."""

    def leave(self, signed: SignedReport) -> None:
        """Leave a report for the others. Raises `BridgeError` where it cannot be left."""
        ...

    def left(self, report: Report, reporters: Collection[str]) -> list[SignedReport]:
        """Return what lies there for the round of a report, of some addresses; nothing of it is checked."""
        ...


class FolderBoard:
    """A folder that the reporters share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, signed: SignedReport) -> None:
        """Write the report; it is whole or absent. Raises `BadFile` where it cannot be written."""
        path = self._round(signed.report) / f"{signed.reporter.lower()}.json"
        write_whole(path, json.dumps(report_json(signed), indent=1) + "\n", shared=True)

    def left(self, report: Report, reporters: Collection[str]) -> list[SignedReport]:
        """Return the reports of a round; a file that holds none is left out."""
        found: list[SignedReport] = []
        for reporter in reporters:
            try:
                found += read_signed_reports(self._round(report) / f"{reporter.lower()}.json")[:1]
            except BadFile:  # absent, half-written by another tool, or a stranger's
                continue
        return found

    def _round(self, report: Report) -> Path:
        return self.folder.joinpath(*_place(report))


class HttpBoard:
    """A place on the network that keeps reports; raises `BadConfig` where it is no URL of https.

    Errors of asking are `SourceUnavailable`.
    """

    def __init__(self, url: str) -> None:
        self._asker = Asker(url, "--board")

    def leave(self, signed: SignedReport) -> None:
        """Post the report."""
        body = json.dumps(report_json(signed)).encode()
        self._asker.ask("/" + "/".join(_place(signed.report)), {}, _taken, body=body)

    def left(self, report: Report, reporters: Collection[str]) -> list[SignedReport]:
        """Return the reports of a round; an entry that is none is left out."""
        found = []
        for entry in self._asker.ask("/" + "/".join(_place(report)), {}, _listed):
            try:
                found.append(signed_report(dict(entry)))
            except (ValueError, TypeError, KeyError):
                continue
        return [each for each in found if each.reporter.lower() in {reporter.lower() for reporter in reporters}]


def board_of(place: str) -> Board:
    """Return the board at a URL or in a folder."""
    return HttpBoard(place) if place.startswith(SCHEMES) else FolderBoard(Path(place))


def genuine(report: Report, found: Iterable[SignedReport], reporters: Sequence[str]) -> list[SignedReport]:
    """Return the reports that reporters of the feed signed for the round and time of one, each reporter's first.

    Values are each reporter's own: of them the feed takes the median. What no market said counts on the local chain
    alone, as in `require_report_observed`.
    """
    known, kept = {reporter.lower() for reporter in reporters}, dict[str, SignedReport]()
    for each in found:
        reporter = each.reporter.lower()
        fits = reporter in known and reporter not in kept and _same_round(each.report, report)
        if fits and _observed(each.report) and signer_of(each) == reporter:
            kept[reporter] = each
    return [kept[reporter] for reporter in sorted(kept)]


def _observed(report: Report) -> bool:
    try:
        require_report_observed(report)
    except UntrustedNumber:
        return False
    return True


def _same_round(one: Report, other: Report) -> bool:
    return all(
        str(getattr(one, name)).lower() == str(getattr(other, name)).lower()
        for name in ("asset", "feed", "feed_id", "chain_id", "round", "observed_at")
    )


def _place(report: Report) -> tuple[str, str, str]:
    return str(report.chain_id), report.feed.lower(), str(report.round)


def _taken(reply: Reply) -> None:
    reply.refuse_busy()
    if not 200 <= reply.status < 300:
        raise Odd(f"HTTP {reply.status}, where a report was left")


def _listed(reply: Reply) -> list[Any]:
    reply.refuse_busy()
    if reply.status == 404:
        return []
    if reply.status != 200 or reply.content is NO_JSON or not isinstance(reply.content, list):
        raise Odd(f"HTTP {reply.status} and no JSON list of reports")
    return reply.content[:MOST_LISTED]
