"""The commands, run as a user runs them, on a real local chain."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from bridge.local.anvil import advance_time
from bridge.local.histories import write_histories
from bridge.local.world import World
from bridge.plans.market import read_volatilities
from bridge.units import utc
from hedge.instruments.synthetic_chain import synthetic_chain
from tests.bridge.market_files import AT, BOOK, calm_folder
from tests.e2e.command import Done, Run

LOCAL = "http://127.0.0.1:1"


def assert_one_line_error(done: Done, code: int, *words: str) -> None:
    assert done.code == code, done
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert done.err.startswith("error: ")
    for word in words:
        assert word in done.err, done.err


def test_exposure__json_csv_and_table__tell_the_same_book(run: Run, project: World) -> None:
    book = run("exposure", "--json").json()
    assert len(book["positions"]) == 8
    assert book["owner"] == project.deployment.address("lp")
    rows = list(csv.DictReader(io.StringIO(run("exposure", "--csv").out)))
    assert [float(row["value_usd"]) for row in rows] == [position["value_usd"] for position in book["positions"]]
    table = run("exposure")
    assert table.code == 0
    assert f"{book['value_usd']:,.0f}" in table.out


def test_oracle__quote_sign_submit_status__moves_the_feed_one_round(run: Run, project: World, tmp_path: Path) -> None:
    quoted = {quote["asset"]: quote["volatility"] for quote in run("oracle", "quote", "--json").json()}
    assert 0.6 < quoted["ETH"] < 0.9
    block = str(project.chain.head().number)
    files = []
    for reporter in ("reporter-1", "reporter-2", "reporter-3"):
        signed = run("oracle", "sign", "ETH", "--block", block, "--as", reporter)
        files.append(f"{reporter}.json")
        (tmp_path / files[-1]).write_text(signed.out, encoding="utf-8")
    dry = run("oracle", "submit", *files, "--as", "operator")
    assert (dry.code, "not sent" in dry.out) == (0, True)
    before = {feed["asset"]: feed["round"] for feed in run("oracle", "status", "--json").json()["feeds"]}
    sent = run("oracle", "submit", *files, "--as", "operator", "--send", "--json").json()
    assert sent["sent"] is True
    after = {feed["asset"]: feed for feed in run("oracle", "status", "--json").json()["feeds"]}
    assert after["ETH"]["round"] == before["ETH"] + 1
    assert not after["ETH"]["stale"]
    assert_one_line_error(run("oracle", "submit", *files, "--as", "operator", "--send"), 1, "WrongRound")


def test_loop__plan_propose_vote_queue_execute__parameters_change_and_watch_sees_it(
    run: Run, project: World, tmp_path: Path
) -> None:
    plan = run("plan", "--json", "--report", "report.html").json()
    assert plan["plan"]["decision"]["answer"] in {"hedge", "hold", "do not hedge", "leave the pool"}
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    changes = {row["name"]: row["new"] for row in plan["plan"]["update"]["changes"]}
    assert changes
    dry = run("propose", "--as", "operator", "--json").json()
    assert (dry["sent"], dry["existed"]) == (False, False)
    assert run("gov", "list", "--json").json() == []
    sent = run("propose", "--as", "operator", "--send", "--json").json()
    assert (sent["sent"], sent["proposal"]) == (True, dry["proposal"])
    again = run("propose", "--as", "operator", "--send", "--json").json()
    assert (again["sent"], again["existed"], again["proposal"]) == (False, True, dry["proposal"])
    assert len(run("gov", "list", "--json").json()) == 1
    number = dry["proposal"][:12]
    assert_one_line_error(run("gov", "vote", number, "for", "--as", "voter-1", "--send"), 1, "pending, not active")
    run("gov", "wait", number)
    assert run("gov", "vote", number, "for", "--as", "voter-1", "--send").code == 0
    run("gov", "wait", number)
    assert run("gov", "queue", number, "--as", "operator").out.startswith("queue: possible now")
    assert run("gov", "queue", number, "--as", "operator", "--send").code == 0
    run("gov", "wait", number)
    assert run("gov", "execute", number, "--as", "operator", "--send", "--json").json()["state"] == "executed"
    seen = run("watch", "--once", "--json")
    line = json.loads(seen.out)
    assert {name: line["parameters"][name] for name in changes} == changes
    assert line["plan"] == plan["inputs_hash"]
    # The vote took days: the feeds are stale, the book is not valued with them, and the monitor says so.
    assert seen.code == 1
    assert line["exposure"] is None
    assert {"oracle", "exposure"} <= {alert["kind"] for alert in line["alerts"]}
    assert "inputs" in plan["plan"]
    shown = run("gov", "show", number)
    assert plan["inputs_hash"] in " ".join(shown.out.split())


def test_watch__fresh_world__shows_exposure_without_a_plan_on_record(run: Run, project: World) -> None:
    seen = run("watch", "--once", "--json")
    line = json.loads(seen.out)
    assert line["value_usd"] > 1e6
    assert [alert["rule"] for alert in line["alerts"]] == ["plan_missing", "range_left"]
    assert all(alert["severity"] == "warning" and alert["size"] >= 1.0 for alert in line["alerts"])


def test_doctor__running_chain__finds_everything(run: Run, project: World) -> None:
    done = run("doctor", "--json")
    assert done.code == 0, done.out
    assert all(finding["ok"] for finding in done.json())


def test_doctor__nothing_there__says_how_to_mend_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{LOCAL}"\n', encoding="utf-8")
    done = run("doctor")
    assert done.code == 1
    assert "alvh up" in done.out


def test_commands__unknown_setting__one_line_and_code_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text('[chain]\nrpc = "x"\n', encoding="utf-8")
    assert_one_line_error(run("exposure"), 2, "alvh.toml", "chain.rpc", "unknown setting")
    assert_one_line_error(run("exposure", "--config", "none.toml"), 2, "none.toml", "no such file")


def test_commands__no_node__one_line_and_code_1(run: Run, project: World, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{LOCAL}"\n', encoding="utf-8")
    assert_one_line_error(run("exposure"), 1, LOCAL, "alvh up")


def test_commands__wrong_chain_id__one_line_and_code_1(run: Run, project: World, tmp_path: Path) -> None:
    text = f'[chain]\nrpc_url = "{project.chain.url}"\nchain_id = 1\n'
    (tmp_path / "alvh.toml").write_text(text, encoding="utf-8")
    assert_one_line_error(run("exposure"), 1, "31337", "expected 1", "alvh.toml")


def test_commands__no_deployment__one_line_and_code_2(run: Run, project: World, tmp_path: Path) -> None:
    (tmp_path / ".alvh" / "deployment.json").unlink()
    assert_one_line_error(run("exposure"), 2, "deployment.json", "alvh up")


def test_commands__unknown_address__one_line_and_code_2(run: Run, project: World, tmp_path: Path) -> None:
    assert_one_line_error(run("exposure", "--owner", "0x12"), 2, "0x12", "is not an address")
    file = tmp_path / ".alvh" / "deployment.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["contracts"]["HedgeParameters"] = project.deployment.address("lp")
    file.write_text(json.dumps(content), encoding="utf-8")
    assert_one_line_error(run("exposure"), 2, project.deployment.address("lp"), "HedgeParameters")


def test_plan__folder_of_histories__computes_the_regime_from_it(run: Run, project: World, tmp_path: Path) -> None:
    snapshot = project.snapshot()
    vols = read_volatilities(snapshot)
    write_histories(tmp_path / "histories", project.path, snapshot.block.timestamp, vols)
    bare, readings = run("plan", "--json").json(), run("plan", "--signals", "histories", "--json").json()
    assert "volatility" in bare["plan"]["regime"]["missing"]
    assert readings["plan"]["regime"]["missing"] == []
    assert readings["inputs_hash"] != bare["inputs_hash"]
    (tmp_path / "histories" / "dollar.csv").write_text("known_at,close\n5,x\n", encoding="utf-8")
    assert_one_line_error(run("plan", "--signals", "histories"), 2, "dollar.csv", "a value cannot be used")
    assert_one_line_error(run("plan", "--signals", "none"), 2, "none", "no such folder of histories")


def test_plan__stated_book_on_a_chain_file__needs_no_node_and_keeps_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(BOOK, encoding="utf-8")
    chain = synthetic_chain("ETH", 2000.0, AT, 0.6)
    chain.quotes.assign(underlying="ETH", observed_at=AT, spot=2000.0).assign(
        type=lambda rows: rows["is_call"].map({True: "C", False: "P"})
    ).to_csv(tmp_path / "quotes.csv", index=False)
    calm_folder(tmp_path / "histories")
    (tmp_path / "alvh.toml").write_text(
        '[signals]\nleave_out = ["rate differential", "quick ratio"]\n', encoding="utf-8"
    )
    command = ("plan", "--book", "book.toml", "--chain", "quotes.csv", "--signals", "histories")
    told = run(*command, "--json", "--report", "plan.html").json()
    assert (told["chain_id"], told["file"], told["owner"]) == (0, None, "stated in book.toml")
    assert told["plan"]["regime"]["name"] == "compressed"
    assert "on no chain" in (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert not (tmp_path / ".alvh").exists()
    assert "nothing to propose" in run(*command).out
    assert_one_line_error(run("plan", "--book", "book.toml"), 2, "give --chain")
    assert_one_line_error(run(*command, "--owner", "0x12"), 2, "leave --owner, --block and --rpc out")
    assert_one_line_error(run("plan", "--at", "2026-01-09"), 2, "--at goes with --book")
    assert_one_line_error(run(*command, "--at", "soon"), 2, "'soon' is no time")
    first, hour = f"its first quotes are of {utc(AT)}", str(AT + 3601)
    assert_one_line_error(run(*command, "--at", str(AT - 1)), 2, "quotes.csv", first, "ask for a later time")
    assert_one_line_error(run(*command, "--at", hour), 1, "3601 s away from the time that was asked for", "--max-age")
    top = run(*command, "--at", hour, "--max-age", "3601").out.splitlines()[:4]
    assert top[0] == f"Book stated in book.toml, quotes of {utc(AT)}: 1 position, 1,000,000 USD"
    assert top[1] == "prices in USD: ETH 2,000 (file: spots of the option chains)"
    assert top[2].startswith("volatility: ETH: 30-day index of file quotes.csv")
    assert top[3] == f"ETH options: file quotes.csv, {len(chain.quotes)} quotes of {utc(AT)} (file)"


def test_plan__holdings_orders_and_what_if__from_what_is_held_to_a_ticket(run: Run, tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(BOOK, encoding="utf-8")
    chain = synthetic_chain("ETH", 2000.0, AT, 0.6)
    chain.quotes.assign(underlying="ETH", observed_at=AT, spot=2000.0).assign(
        type=lambda rows: rows["is_call"].map({True: "C", False: "P"})
    ).to_csv(tmp_path / "quotes.csv", index=False)
    (tmp_path / "held.csv").write_text("instrument,quantity\nETH-PERPETUAL,-20\n", encoding="utf-8")
    command = ("plan", "--book", "book.toml", "--chain", "quotes.csv", "--holdings", "held.csv")
    told = run(*command, "--orders", "orders.csv", "--json").json()["plan"]
    assert told["inputs"]["holdings"]["perpetuals"] == {"ETH": -20.0}
    lines = (tmp_path / "orders.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("action,side,instrument,quantity")
    assert len(lines) == 1 + len(told["trades"]) > 1
    shown = run(*command, "--set", "costBudgetBps=140", "--set", "targetCvarBps=100").out
    assert "What if costBudgetBps = 140, targetCvarBps = 100" in shown
    assert "Frontier" in shown
    other = run(*command, "--set", "targetCvarBps=0", "--json").json()
    assert other["what_if"]["plan"]["cvar"]["hedged_usd"] < other["plan"]["cvar"]["hedged_usd"]
    assert_one_line_error(run(*command, "--set", "targetCvarBps=0", "--orders", "o.csv"), 2, "--set is a what-if")
    assert_one_line_error(run(*command, "--orders", "held.csv"), 2, "another option names this file")
    assert_one_line_error(run(*command, "--set", "targetCvarBps"), 2, "write KEY=VALUE")


def test_plan__book_on_chain__begins_with_owner_block_prices_and_provenance(run: Run, project: World) -> None:
    block, owner = project.snapshot().block, project.deployment.accounts["lp"]
    seen = run("exposure", "--json").json()
    top = run("plan").out.splitlines()[:5]
    assert top[0].startswith(f"Book of {owner}, block {block.number} of chain 31337, {utc(block.timestamp)}: ")
    assert f"{len(seen['positions'])} positions" in top[0]
    assert top[1].startswith("prices in USD: BTC ")
    assert top[2].startswith("volatility: on-chain feeds at block")
    assert [line.split(":")[0] for line in top[3:]] == ["BTC options", "ETH options"]
    assert all(line.endswith("(simulated)") for line in top[3:])


def test_plan__bad_chain_file__one_line_and_code_2(run: Run, project: World, tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_text("strike,bid\n1,2\n", encoding="utf-8")
    assert_one_line_error(run("plan", "--chain", "quotes.csv"), 2, "quotes.csv", "no column")
    assert_one_line_error(run("plan", "--chain", "none.csv"), 2, "none.csv", "no such file")


def test_up_and_demo__bad_price_file__one_line_and_code_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(
        "timestamp,ETH,BTC\n2026-01-01,3000,90000\n2026-01-02,-5,90000\n", encoding="utf-8"
    )
    for command in ("up", "demo"):
        assert_one_line_error(run(command, "--prices", "prices.csv"), 2, "prices.csv", "ETH", "row 2")


def test_propose__nothing_planned__one_line_and_code_2(run: Run, project: World) -> None:
    assert_one_line_error(run("propose", "--as", "operator"), 2, "no plan was made yet", "alvh plan")


def test_send__without_any_key__one_line_that_names_the_variable(run: Run, project: World) -> None:
    run("plan")
    assert_one_line_error(run("propose", "--send"), 2, "ALVH_PRIVATE_KEY")
    assert_one_line_error(run("propose", "--send", ALVH_PRIVATE_KEY="0xabc123deadbeef"), 2, "ALVH_PRIVATE_KEY")
    assert "abc123" not in run("propose", "--send", ALVH_PRIVATE_KEY="0xabc123deadbeef").err


def test_commands__bad_usage__code_2(run: Run) -> None:
    assert run("exposure", "--nonsense").code == 2
    assert run("no-such-command").code == 2


def test_help__every_command__exits_0_with_a_description(run: Run) -> None:
    for words in (
        [],
        ["up"],
        ["demo"],
        ["exposure"],
        ["oracle"],
        ["oracle", "sign"],
        ["plan"],
        ["propose"],
        ["gov"],
        ["gov", "propose"],
        ["gov", "delegate"],
        ["gov", "apply-row"],
        ["gov", "trip"],
        ["gov", "unstick"],
        ["safe"],
        ["safe", "propose"],
        ["safe", "create"],
        ["watch"],
        ["doctor"],
    ):
        done = run(*words, "--help")
        assert done.code == 0
        assert "Usage" in done.out


def test_safe__wrong_use__one_line_each(run: Run, project: World, tmp_path: Path) -> None:
    assert_one_line_error(run("safe", "propose", "rollback"), 1, "NothingToRollBack")
    assert_one_line_error(run("safe", "propose", "mint"), 2, "no action 'mint'", "rollback")
    assert_one_line_error(run("safe", "propose", "veto"), 2, "usage: veto UPDATE_HASH")
    assert_one_line_error(run("safe", "propose", "pause", "--safe", "treasury"), 2, "guardian or steward")
    assert_one_line_error(run("safe", "sign", "none.json", "--as", "guardian-1"), 2, "none.json", "alvh safe propose")
    file = run("safe", "propose", "pause", "--out", "pause.json", "--json").json()
    assert (file["file"], file["threshold"], file["signatures"]) == ("pause.json", 2, {})
    assert file["does"] == "HedgeParameters.pause(): Stop every update until the DAO ends it"
    assert_one_line_error(run("safe", "sign", "pause.json", "--as", "outsider"), 1, "is not an owner of the Safe")
    assert_one_line_error(run("safe", "execute", "pause.json"), 1, "0 of 2 signatures")
    content = json.loads((tmp_path / "pause.json").read_text(encoding="utf-8")) | {"data": "0x3f4ba83a"}
    (tmp_path / "pause.json").write_text(json.dumps(content), encoding="utf-8")
    assert_one_line_error(run("safe", "sign", "pause.json", "--as", "guardian-1"), 2, "it was changed")


def test_apply_row_and_trip__nothing_voted_or_torn__say_why_and_send_nothing(run: Run, project: World) -> None:
    refused = run("gov", "apply-row", "--as", "outsider", "--send")
    assert (refused.code, refused.out) == (1, "")
    assert "Stopped" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert_one_line_error(run("gov", "poke-row"), 1, "Stopped")
    assert_one_line_error(run("gov", "trip", "ETH"), 1, "TooFewObservations")
    unknown = run("gov", "trip", "DOGE")
    assert unknown.code == 2
    assert "DOGE is not an asset with a breaker (BTC, ETH)" in unknown.err


def test_oracle_status__stale_feeds__shows_safeguards_and_ends_with_1(run: Run, project: World) -> None:
    advance_time(project.chain, 7 * 3600)
    told = run("oracle", "status")
    assert told.code == 1
    assert "breaker ETH: closed" in told.out
    assert "automation: without power, STOPPED" in told.out
    assert "alert oracle: the ETH feed is stale" in told.out
