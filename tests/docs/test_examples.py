"""Every example runs as it stands: the scripts' numbers are what they say, the notebook's cells run in order."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.blocks import BlockRef
from bridge.plans.make import record_of
from bridge.plans.published import remake
from bridge.sources.quotes.files import read_chain_file
from examples import own_strategy, plan_from_chain, position_exposure, read_published_plan, sample_files, simulate_lp
from hedge.decision.programme.pose import NOTHING_KNOWN
from hedge.plan.build import Plan
from hedge.plan.published import bulk_inputs

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"


def test_sample_files__written_anew__are_those_of_the_folder(tmp_path: Path) -> None:
    sample_files.write_files(tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(written) == 5
    for name in written:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_position_exposure__break_even__is_where_fees_pay_lvr() -> None:
    found = position_exposure.exposure()
    assert found["gamma in USD a 1 % move"] < 0.0
    ratio = found["fees a year"] / found["LVR a year at 60 % of volatility"]
    assert found["break-even volatility"] == pytest.approx(0.60 * ratio**0.5, rel=1e-9)


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan_from_chain.plan()


def test_plan_from_chain__of_the_small_file__buys_protection_within_the_budget(planned: Plan) -> None:
    assert planned.risk.hedged < planned.risk.unhedged
    assert not planned.to_frame().empty
    assert planned.costs["premium_usd"] > 0.0


def test_read_published_plan__of_inputs_in_a_file__makes_the_same_plan_again(planned: Plan, tmp_path: Path) -> None:
    record = record_of(planned, "0x" + "11" * 20, 1, BlockRef(5, "0x" + "22" * 32, 1_769_990_400), None)
    chains = {"ETH": read_chain_file(DATA / "chain.csv")["ETH"]}
    content = {"format": 1, "inputs": record.plan["inputs"]} | bulk_inputs(chains, NOTHING_KNOWN, planned.holdings, ())
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    said = read_published_plan.summary(remake(file))
    assert said["inputs hash"] == record.inputs_hash
    assert said["answer"] == planned.decision.headline
    assert said["trades"] == str(len(planned.trades))


def test_own_strategy__puts_when_cheap__are_bought_and_end_elsewhere_than_the_pool_alone() -> None:
    found = own_strategy.profits()
    assert set(found) == {"nothing", "puts"}
    assert found["puts"] != found["nothing"]


def test_simulate_lp__of_a_short_table__shows_that_sold_condors_do_not_protect() -> None:
    rows = simulate_lp.table(4_000).rows
    assert rows["sold condors"].cvar95.value > rows["unhedged"].cvar95.value > rows["daily delta"].cvar95.value


def run_cells(notebook: Path) -> list[Any]:
    """Run the code cells of a notebook in one namespace, and return what each would show last."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        assert isinstance(tree.body[-1], ast.Expr), "a cell shows something"
        exec(compile(ast.Module(tree.body[:-1], []), str(notebook), "exec"), namespace)
        shown.append(eval(compile(ast.Expression(tree.body[-1].value), str(notebook), "eval"), namespace))
    return shown


def test_notebook__cells_in_order__show_market_values_plan_and_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    market, values, plan, costs = run_cells(ROOT / "examples" / "plan.ipynb")
    assert market[0]["ETH"] == 2_850.0
    assert values["value_usd"].idxmax() == len(values) - 1
    assert "<table" in plan._repr_html_()
    assert costs["fee_usd"].sum() == pytest.approx(plan.costs["fees_usd"], rel=1e-9)


def test_notebook__as_kept__has_no_outputs_and_no_names_of_a_machine() -> None:
    content = json.loads((ROOT / "examples" / "plan.ipynb").read_text(encoding="utf-8"))
    assert all(cell.get("outputs", []) == [] for cell in content["cells"])
    assert content["nbformat"] == 4


def test_script__started_as_its_first_line_says__prints_and_ends_well() -> None:
    name = "position_exposure"
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{name}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
