"""`alvh oracle report`: reporters that meet on a board, of a folder or of HTTP, and bring one round onto the chain."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.sources.oracle import SignedReport, build_report, read_status, report_json, sign_report
from bridge.sources.report_boards import FolderBoard, genuine
from bridge.sources.reporter import last_block
from tests.e2e.command import Run
from tests.e2e.test_commands import assert_one_line_error

REPORT = ("oracle", "report", "ETH", "--every", "1m", "--count", "1", "--wait", "1s", "--board", "board")
pytestmark = pytest.mark.e2e


class Boards(ThreadingHTTPServer):
    """Keeps what is posted under each path, and lists it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Lists)
        self.left: dict[str, list[Any]] = {}
        self.refuses = False
        self.url = f"http://127.0.0.1:{self.server_port}/reports"


class Lists(BaseHTTPRequestHandler):
    server: Boards

    def do_GET(self) -> None:
        found = self.server.left.get(self.path)
        body = json.dumps(found or []).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refuses:
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.left.setdefault(self.path, []).append(json.loads(body))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def boards() -> Iterator[Boards]:
    with Boards() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def later(project: World) -> World:
    """Let some minutes pass, the last of them just now, with a block in each after the feed's round."""
    for _ in range(3):
        pass_minute(project)
    return project


def pass_minute(world: World) -> None:
    """Let a block be mined two seconds after the next full minute."""
    advance_time(world.chain, 62 - world.chain.head().timestamp % 60)


def of_round(world: World) -> int:
    return next(feed.round for feed in read_status(world.snapshot()) if feed.asset == "ETH")


def test_report__three_reporters_of_a_folder__the_last_submits_one_round_for_one_time(
    run: Run, later: World, tmp_path: Path
) -> None:
    before = of_round(later)
    first = run(*REPORT, "--as", "reporter-1")
    assert (first.code, f"round {before + 1}: 1 of 3 signatures" in first.out) == (0, True)
    assert run(*REPORT, "--as", "reporter-2", "--send").out.count("2 of 3 signatures") == 1
    dry = run(*REPORT, "--as", "reporter-3")
    assert "3 signatures, enough; not sent" in dry.out
    assert of_round(later) == before
    sent = run(*REPORT, "--as", "reporter-3", "--send", "--json").json()
    assert (sent["state"], sent["asset"], of_round(later)) == ("submitted", "ETH", before + 1)
    files = sorted((tmp_path / "board").rglob("*.json"))
    assert len(files) == 3
    assert len({json.loads(file.read_text())["observed_at"] for file in files}) == 1
    again = run(*REPORT, "--as", "reporter-1", "--send")
    assert (again.code, "on the chain already" in again.out, of_round(later)) == (0, True, before + 1)


def test_report__round_without_a_quorum__is_signed_again_for_a_later_time_only(run: Run, later: World) -> None:
    assert "1 of 3" in run(*REPORT, "--as", "reporter-1").out
    assert "1 of 3" in run(*REPORT, "--as", "reporter-1").out  # the same time: the same value, signed once
    pass_minute(later)
    assert "1 of 3" in run(*REPORT, "--as", "reporter-1").out
    assert "2 of 3" in run(*REPORT, "--as", "reporter-2").out


def test_report__board_of_http_with_what_strangers_left__counts_reporters_alone(
    run: Run, later: World, boards: Boards
) -> None:
    base = (*REPORT[:-1], boards.url)
    assert "1 of 3" in run(*base, "--as", "reporter-1").out
    ((place, (own,)),) = boards.left.items()
    outsider = account("outsider")
    forged = {**own, "reporter": account("reporter-2").address}
    foreign = {**own, "reporter": outsider.address}
    junk: list[Any] = [None, 7, [], "x" * 1000, {}, {"reporter": "0x"}, {**own, "round": own["round"] + 1}]
    boards.left[place][:0] = [*junk, forged, foreign, {**own, "volatility_e8": own["volatility_e8"] + 1}]
    assert "2 of 3" in run(*base, "--as", "reporter-2").out
    before = of_round(later)
    assert "submitted" in run(*base, "--as", "reporter-3", "--send").out
    assert of_round(later) == before + 1


def test_report__begun_within_a_period__waits_for_the_next_one_and_dates_nothing_back(
    run: Run, later: World, tmp_path: Path
) -> None:
    advance_time(later.chain, 30)
    waiting = threading.Timer(10.0, pass_minute, (later,))  # a busy machine starts a command in seconds
    waiting.start()
    done = run(*REPORT, "--as", "reporter-1")
    waiting.join()
    assert "too late for it, the next time is" in done.err
    assert "1 of 3 signatures" in done.out
    (path,) = (tmp_path / "board").rglob("*.json")
    signed = json.loads(path.read_text())["observed_at"]
    assert later.chain.head().timestamp - 62 < signed < later.chain.head().timestamp


def test_report__board_that_is_away__is_said_beside_the_count(run: Run, later: World, boards: Boards) -> None:
    base = (*REPORT[:-1], boards.url)
    boards.refuses = True
    done = run(*base, "--as", "reporter-1", "--send")
    assert (done.code, "HTTP 500" in done.err) == (1, True)


def with_flags(words: tuple[str, ...], flags: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command line with options in the place of those of their names: one given twice is refused."""
    names = {flag for flag in flags if flag.startswith("--")}
    kept = [word for at, word in enumerate(words) if not names & {word, words[at - 1]}]
    return (*kept, *flags)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--as", "outsider"), "is no reporter of the ETH feed"),
        (("--as", "reporter-1", "--every", "30s"), "at least 60s"),
        (("--as", "reporter-1", "--every", "soon"), "write a number and s, m, h or d"),
        (("--as", "reporter-1", "--wait", "soon"), "--wait soon"),
        (("--as", "reporter-1", "--board", "https://user:hunter2@board.example/"), "--board holds a login"),
        (("--as", "reporter-1", "--board", "http://board.example/"), "--board is not a URL of https"),
    ],
)
def test_report__what_cannot_be__is_one_line(run: Run, later: World, flags: tuple[str, ...], words: str) -> None:
    done = run(*with_flags(REPORT, flags))
    assert_one_line_error(done, done.code, words)
    assert done.code in {1, 2}
    assert "hunter2" not in done.out + done.err


def test_report__quotes_that_cannot_be_used__fails_that_round_and_ends_with_1(
    run: Run, later: World, tmp_path: Path
) -> None:
    (tmp_path / "thin.csv").write_text("underlying,observed_at,spot,expiry_at,strike,type,bid,ask\n", encoding="utf-8")
    done = run(*with_flags(REPORT, ("--as", "reporter-1", "--chain", "thin.csv")))
    assert (done.code, "holds no quotes" in done.err) == (1, True)
    assert not (tmp_path / "board").exists()


def test_genuine__each_reporter__counts_once_and_only_for_its_own_round(later: World) -> None:
    made = build_report(later.snapshot(), "ETH", 70_000_000, "made", "simulated")
    signed = [sign_report(made, account(f"reporter-{number}")) for number in (1, 2)]
    reporters = [each.reporter for each in signed]
    other = sign_report(replace(made, round=made.round + 1), account("reporter-2"))
    stolen = SignedReport(made, signed[1].reporter, signed[0].signature)
    outsider = sign_report(made, account("outsider"))
    found = genuine(made, [stolen, other, outsider, signed[0], signed[0], signed[1]], reporters)
    assert sorted(each.reporter for each in found) == sorted(reporters)
    assert {each.signature for each in found} == {each.signature for each in signed}


def test_folder_board__files_of_others__are_left_out(later: World, tmp_path: Path) -> None:
    made = build_report(later.snapshot(), "ETH", 70_000_000, "made", "simulated")
    signed, board = sign_report(made, account("reporter-1")), FolderBoard(tmp_path / "b")
    board.leave(signed)
    (path,) = (tmp_path / "b").rglob("*.json")
    path.with_name(f"{account('reporter-2').address.lower()}.json").write_text("{", encoding="utf-8")
    found = board.left(made, [account(f"reporter-{number}").address for number in (1, 2, 3)])
    assert [report_json(each) for each in found] == [report_json(signed)]


def test_last_block__any_time__is_the_newest_block_that_is_not_later(later: World) -> None:
    chain, head = later.chain, later.chain.head()
    times = [chain.at(number).timestamp for number in range(head.number + 1)]
    for time in (times[0], times[1] + 1, times[-2] - 1, times[-2], times[-1], times[-1] + 99):
        wanted = max(number for number, at in enumerate(times) if at <= time)
        assert last_block(chain, time, head).number == wanted
