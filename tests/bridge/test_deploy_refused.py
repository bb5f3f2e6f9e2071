"""Deployments that are refused before anything is sent: other settings, hands, programs, folders, fees and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chain.node import Chain, connect
from bridge.deploy.journal import Entry, Journal, held_folder, load_journal
from bridge.deploy.plan import make_plan
from bridge.deploy.verify import proven
from bridge.errors import BadFile, ChainError, FeeTooHigh, RefusedAction
from tests.bridge.deploying import (
    DEPLOYER,
    address,
    bare_chain,
    before,
    deployed,
    journal,
    new_dao,
    owners,
    safe_dao,
    settings_text,
    stopped_at,
    written,
)
from tests.bridge.lying_node import lying_node

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[Chain, dict[str, str]]]:
    """Run a chain of Base's id with what is there before us."""
    with bare_chain(8453) as chain:
        yield chain, before(chain)


@pytest.fixture
def chain(base: tuple[Chain, dict[str, str]]) -> Iterator[Chain]:
    """Give the chain to one test and take back whatever it did."""
    snapshot = base[0].request("evm_snapshot")
    yield base[0]
    base[0].request("evm_revert", snapshot)


@pytest.fixture
def folder(chain: Chain, base: tuple[Chain, dict[str, str]], tmp_path: Path) -> Path:
    """Return a folder with the settings of a new DAO."""
    written(tmp_path, settings_text(chain, base[1], new_dao()))
    return tmp_path


def test_settings__that_changed__are_refused_by_name(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    with lying_node(chain.url) as node:
        stopped_at(node, chain, folder, 2)
    for old, new, place in (
        ("targetCvarBps = 250", "targetCvarBps = 251", "values.targetCvarBps"),
        ("= 200000", "= 200001", "dao.holders."),
        ('automation = "ETH"', "", "automation"),
        (address("reporter-1"), address("outsider"), "reporters"),
    ):
        written(folder, text.replace(old, new))
        with pytest.raises(RefusedAction, match=f"{place}.* is not what it was when this deployment began"):
            deployed(folder)
    written(folder, text.replace("confirmations = 1", "confirmations = 1\nmax_fee_gwei = 400"))
    assert proven(deployed(folder).checks)


def test_deployer__another_one__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    settings = written(folder, (folder / "deploy.toml").read_text())
    with pytest.raises(RefusedAction, match="began this deployment"):
        make_plan(chain, settings, address("outsider"), folder / "journal")


def test_chain__that_began_anew__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    path = folder / "journal" / "journal.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"since_hash": "0x" + "12" * 32}))
    with pytest.raises(RefusedAction, match="is another one now"):
        deployed(folder)


def test_program__that_would_create_something_else__is_refused(folder: Path, chain: Chain) -> None:
    deployed(folder)
    path = folder / "journal" / "journal.json"
    kept = json.loads(path.read_text())
    kept["steps"][4]["content"] = "0x" + "12" * 32
    path.write_text(json.dumps(kept))
    with pytest.raises(RefusedAction, match="would create another HedgeGovernor"):
        deployed(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "steps": [1]}', "\x00", '{"format": NaN}']
)
def test_journal__that_is_none__is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(BadFile, match="not the journal of a deployment"):
        load_journal(path)


def test_journal__that_cannot_be_written__sends_nothing(folder: Path, chain: Chain) -> None:
    (folder / "journal").mkdir(mode=0o700)
    (folder / "journal" / "journal.json").mkdir()
    with pytest.raises(BadFile):
        deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_folder__that_others_may_look_into__is_refused(folder: Path, chain: Chain) -> None:
    (folder / "journal").mkdir(mode=0o755)
    with pytest.raises(BadFile, match="chmod 700"):
        deployed(folder)


def test_folder__that_another_run_holds__is_refused(folder: Path, chain: Chain) -> None:
    with held_folder(folder / "journal"), pytest.raises(BadFile, match="another run works in this folder"):
        deployed(folder)


def test_fee__above_the_settings__sends_nothing(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    written(folder, text.replace("max_tip_gwei = 100", "max_tip_gwei = 100\nmax_fee_gwei = 0.000001"))
    with pytest.raises(FeeTooHigh):
        deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)


def test_deployer__without_enough__is_told_how_much(folder: Path, chain: Chain) -> None:
    chain.request("anvil_setBalance", DEPLOYER.address, hex(10**15))
    said = r"has 0\.001 of the chain's coin, and the 12 steps that are left may cost .* nothing was sent"
    with pytest.raises(ChainError, match=said):
        deployed(folder)
    assert journal(folder) is None


def test_rehearsal__of_a_constructor_that_refuses__names_its_error(folder: Path, chain: Chain) -> None:
    text = (folder / "deploy.toml").read_text()
    for section, error in (
        ("[terms]\noracle_quorum = 2", "creating VolatilityOracle BTC .*QuorumTooLow"),
        ("[terms]\ntimelock_delay = 60", "creating HedgeTimelock .*TimelockDelayTooShort"),
        ("[limits.targetCvarBps]\nmax = 10", "creating HedgeParameters .*"),
    ):
        written(folder, text + section)
        with pytest.raises(ChainError, match=error):
            deployed(folder)
    assert chain.nonces(DEPLOYER) == (0, 0)
    assert journal(folder) is None


def test_roles__of_one_address__are_refused(folder: Path, chain: Chain, base: tuple[Chain, dict[str, str]]) -> None:
    dao = safe_dao(chain, base[1])
    safe = dao.split('"')[-2]
    text = settings_text(chain, base[1], dao).replace(f"owners = [{owners('guardian')}]", f'address = "{safe}"')
    written(folder, text)
    with pytest.raises(RefusedAction, match="no account may hold two roles"):
        deployed(folder)


def test_connection__to_another_chain__is_refused(chain: Chain) -> None:
    with pytest.raises(ChainError, match="serves chain 8453"):
        connect(chain.url, 1)


@pytest.mark.parametrize("field", ["standing", "settings", "name"])
def test_journal__value_of_another_kind__is_refused(tmp_path: Path, field: str) -> None:
    path = tmp_path / "journal.json"
    step = Entry("HedgeVotes", 0, f"0x{'1' * 40}", f"0x{'2' * 64}")
    Journal(path, 5, f"0x{'1' * 40}", 1, f"0x{'2' * 64}", ("guardian",), {}, (step,)).save()
    assert load_journal(path)
    content = json.loads(path.read_text())
    (content["steps"][0] if field == "name" else content)[field] = [["guardian"]]
    path.write_text(json.dumps(content))
    with pytest.raises(BadFile, match="not the journal of a deployment"):
        load_journal(path)
