"""`alvh init` and what `alvh doctor` says of a public network's settings."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.config import load_config
from tests.e2e.command import Run
from tests.e2e.observing import Observed
from tests.e2e.test_commands import assert_one_line_error

OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GIVEN = ("init", "--network", "base", "--rpc", "https://node.example", "--owner", OWNER.lower())


def test_init__everything_given__writes_settings_that_are_read(run: Run, tmp_path: Path) -> None:
    done = run(*GIVEN, "--chain", "deribit.parquet", "--target", "250", "--budget", "120", "--start-block", "123456")
    assert done.code == 0, done
    found = load_config(tmp_path / "alvh.toml")
    assert (found.chain.network, found.chain.rpc_url, found.chain.start_block) == (
        "base",
        "https://node.example",
        123456,
    )
    assert (found.book.owner, found.options.file) == (OWNER, Path("deribit.parquet"))
    assert found.parameters == {"targetCvarBps": 250, "costBudgetBps": 120}
    assert done.out == "alvh.toml written for Base; next: alvh doctor, alvh exposure\n"


def test_init__name_of_a_file_in_any_letters__is_read_back(run: Run, tmp_path: Path) -> None:
    assert run(*GIVEN, "--chain", '\U0001f4c8 "quoted".parquet').code == 0
    assert load_config(tmp_path / "alvh.toml").options.file == Path('\U0001f4c8 "quoted".parquet')


def test_init__file_that_is_there__stays_unless_forced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text("# mine\n")
    assert_one_line_error(run(*GIVEN), 2, "is there already", "--force")
    assert (tmp_path / "alvh.toml").read_text() == "# mine\n"
    assert run(*GIVEN, "--force").code == 0


@pytest.mark.parametrize(
    "url", ["https://ann:pa55@node.example", "https://node.example/v3/KEY123", "https://node.example?key=KEY123"]
)
def test_init__url_that_may_hold_a_key__is_written_and_shown_nowhere(run: Run, tmp_path: Path, url: str) -> None:
    done = run("init", "--network", "base", "--rpc", url, "--owner", OWNER)
    assert done.code == 0, done
    text = (tmp_path / "alvh.toml").read_text()
    assert "ALVH_RPC_URL" in text
    for secret in ("pa55", "KEY123"):
        assert secret not in text + done.out + done.err
    assert "set ALVH_RPC_URL" in done.out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--network", "mars"), "no such network: there are ethereum, optimism"),
        (("--owner", "0x12"), "0x12"),
        (("--owner", OWNER.replace("C5", "c5")), "checksum"),
        (("--rpc", "node"), "no URL of a node"),
        (("--rpc", 'http://a"b.c'), "nothing was written"),
        (("--rpc", "ws://node.example"), "nothing was written"),
        (("--chain", "https://u:p@x.y/z"), "nothing was written"),
        (("--target", "99999999"), "targetCvarBps"),
    ],
)
def test_init__value_that_cannot_be__is_refused_and_nothing_is_written(
    run: Run, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    option, value = change
    given = [*GIVEN, option, value]
    if option in GIVEN:
        given = [value if before == option else each for before, each in zip(("", *GIVEN), GIVEN, strict=False)]
    assert_one_line_error(run(*given), 2, words)
    assert not (tmp_path / "alvh.toml").exists()


def test_init__without_a_terminal__says_which_option_is_missing(run: Run) -> None:
    assert_one_line_error(run("init", "--network", "base"), 2, "--rpc is missing", "no terminal")


def test_doctor__of_a_network__looks_at_node_contracts_feeds_and_events(observed: Observed, tmp_path: Path) -> None:
    text = (tmp_path / "alvh.toml").read_text()
    (tmp_path / "alvh.toml").write_text(
        text.replace("[chain]", '[chain]\nnetwork = "testnet"') + f'[book]\nowner = "{observed.owner}"\n'
    )
    done = observed.call("doctor", "--json", ALVH_RPC_URL=observed.chain.url)
    rows = {row["what"]: row for row in done.json()}
    assert done.code == 0, done
    assert "s old" in rows["node"]["found"]  # the local chain's time is moved by hand
    for what in ("network", "owner", "parameters", "contracts", "price of ETH", "price of BTC", "events"):
        assert rows[what]["ok"], rows[what]
    assert "blocks" in rows["events"]["found"]
    settings = tmp_path / "alvh.toml"
    good = settings.read_text()
    settings.write_text(good + '[options]\nfile = "none.csv"\n[parameters]\ntargetCvarBps = 999999\n')
    done = observed.call("doctor", "--json", ALVH_RPC_URL=observed.chain.url)
    rows = {row["what"]: row for row in done.json()}
    assert (done.code, rows["quotes"]["ok"], rows["parameters"]["ok"]) == (1, False, False)
    settings.write_text(good)
    observed.say("ETH/USD", 2_000.0, 10 * 3_600)
    done = observed.call("doctor", "--json", ALVH_RPC_URL=observed.chain.url)
    rows = {row["what"]: row for row in done.json()}
    assert not rows["price of ETH"]["ok"]
    assert "heartbeat" in rows["price of ETH"]["found"]
    done = observed.call("exposure", ALVH_RPC_URL=observed.chain.url)  # by the settings alone
    assert done.code == 0
    assert done.out.startswith("observed on Test network")


def test_settings__written__are_no_secret_of_others(run: Run, tmp_path: Path) -> None:
    assert run(*GIVEN).code == 0
    mode = stat.S_IMODE(os.stat(tmp_path / "alvh.toml").st_mode)
    assert mode & 0o022 == 0


def at_a_terminal(folder: Path, answers: str, *words: str) -> str:
    """Run `alvh init` at a terminal and type what is asked for; returns all that stood there."""
    main, side = pty.openpty()
    os.write(main, answers.encode())
    shown = list[bytes]()

    def read() -> None:
        try:
            while part := os.read(main, 4096):
                shown.append(part)
        except OSError:
            return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    subprocess.run(
        [sys.executable, "-m", "bridge", "init", *words], cwd=folder, stdin=side, stdout=side, stderr=side, timeout=90
    )
    os.close(side)
    reader.join(5)
    os.close(main)
    return b"".join(shown).decode()


def test_init__answers_that_cannot_be__are_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    typed = ("bose", "base", "node", "https://node.example", "0x1234", OWNER, "q.parquet", "99999999", "250", "")
    text = at_a_terminal(tmp_path, "".join(f"{each}\n" for each in typed))
    found = load_config(tmp_path / "alvh.toml")
    assert (found.chain.network, found.chain.rpc_url, found.book.owner) == ("base", "https://node.example", OWNER)
    assert (found.options.file, found.parameters["targetCvarBps"]) == (Path("q.parquet"), 250)
    for words in ("no such network", "no URL of a node", "0x1234 is not an address", "targetCvarBps = 99999999"):
        assert words in " ".join(text.split())


def test_init__all_that_is_needed_given_at_a_terminal__asks_nothing(tmp_path: Path) -> None:
    text = at_a_terminal(tmp_path, "", *GIVEN[1:])
    assert text.startswith("alvh.toml written for Base")
