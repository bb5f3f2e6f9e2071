"""What is said to mend a node, a quote or a setting: what applies to the book, and where it is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import Run
from tests.e2e.observing import Observed
from tests.e2e.test_commands import assert_one_line_error

pytestmark = pytest.mark.e2e
NOBODY = "0x00000000000000000000000000000000000000AA"
DEAD = "http://127.0.0.1:1"


def settings(folder: Path, text: str) -> None:
    (folder / "alvh.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (f'[chain]\nnetwork = "base"\nrpc_url = "{DEAD}"\n', (), "rpc_url of alvh.toml, or ALVH_RPC_URL"),
        (
            f'[[chains]]\nnetwork = "base"\nrpc_url = "{DEAD}"\n',
            (),
            "rpc_url of base in alvh.toml, or ALVH_RPC_URL_BASE",
        ),
        ("", ("--rpc", DEAD), "name another in --rpc"),
        ("", ("--rpc", "127.0.0.1:8545"), "correct it in --rpc"),
    ],
)
def test_exposure__dead_node_of_a_public_network__names_the_setting_and_no_local_chain(
    run: Run, tmp_path: Path, text: str, words: tuple[str, ...], said: str
) -> None:
    settings(tmp_path, text)
    done = run("exposure", "--owner", NOBODY, *words)
    assert_one_line_error(done, 1, said)
    assert "alvh up" not in done.err


def test_exposure__keyed_url_that_init_did_not_write__asks_for_the_variable(run: Run, tmp_path: Path) -> None:
    assert run("init", "--network", "base", "--rpc", "https://node.example/v3/KEY", "--owner", NOBODY).code == 0
    assert_one_line_error(run("exposure"), 2, "base has no node: set ALVH_RPC_URL")
    rows = {each["what"]: each for each in run("doctor", "--json").json()}
    assert "ALVH_RPC_URL," in rows["node"]["mend"]


def test_doctor__several_chains__names_the_variable_of_each(run: Run, tmp_path: Path) -> None:
    settings(tmp_path, f'[[chains]]\nnetwork = "base"\n[[chains]]\nnetwork = "ethereum"\nrpc_url = "{DEAD}"\n')
    rows = {each["what"]: each for each in run("doctor", "--json").json()}
    assert "ALVH_RPC_URL_BASE," in rows["base: node"]["mend"]
    assert "ALVH_RPC_URL_ETHEREUM," in rows["ethereum: node"]["mend"]


def test_empty_folder__exposure_and_doctor__name_init(run: Run) -> None:
    assert_one_line_error(run("exposure"), 2, "`alvh init`", "`alvh up`")
    rows = {each["what"]: each for each in run("doctor", "--json").json()}
    assert "`alvh init`" in rows["deployment"]["mend"]


def test_exposure__venue_is_down__shows_what_needs_no_quotes_and_names_the_rest(observed: Observed) -> None:
    file = observed.folder / "alvh.toml"
    file.write_text(file.read_text() + f'[venue]\nurl = "{DEAD}"\n')
    whole, seen = observed.exposure(), observed.exposure("--live")
    assert seen["value_usd"] == whole["value_usd"]
    reasons = {each["id"]: each["reason"] for each in seen["unread"]}
    assert "no quotes of it: " in reasons["volatility of ETH"]
    assert "gives no numbers now" in reasons["volatility of ETH"]
    assert "--live" in {each["id"]: each["reason"] for each in whole["unread"]}["volatility of ETH"]
    assert_one_line_error(observed.run("plan", "--live"), 1, "gives no numbers now")


def test_exposure__owner_of_nothing__is_told_so_without_empty_tables(observed: Observed) -> None:
    done = observed.call("exposure", "--rpc", observed.chain.url, "--owner", NOBODY)
    assert done.code == 0, done
    assert f"no positions found of {NOBODY}" in done.out
    assert "check --owner" in done.out
    assert "By pool" not in done.out


@pytest.mark.parametrize("url", ["http://ann:pa55word@127.0.0.1:1", "http://127.0.0.1:1/v3/0123456789abcdef"])
def test_exposure__url_that_may_hold_a_key__is_warned_of_where_others_can_read_it(
    run: Run, tmp_path: Path, url: str
) -> None:
    by_flag = run("exposure", "--owner", NOBODY, "--rpc", url)
    settings(tmp_path, f'[chain]\nnetwork = "base"\nrpc_url = "{url}"\n')
    by_file = run("exposure", "--owner", NOBODY)
    settings(tmp_path, f'[[chains]]\nnetwork = "base"\nrpc_url = "{url}"\n')
    by_chains = run("exposure", "--owner", NOBODY)
    for done, words in ((by_flag, "--rpc"), (by_file, "chain.rpc_url"), (by_chains, "rpc_url of base")):
        assert f"warning: {words} may hold a key or a login" in done.err
        assert "pa55word" not in done.out + done.err
        assert "0123456789abcdef" not in done.out + done.err
    settings(tmp_path, '[chain]\nnetwork = "base"\n')
    assert "warning" not in run("exposure", "--owner", NOBODY, ALVH_RPC_URL=url).err
