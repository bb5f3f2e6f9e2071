"""The mutants of a small contract: which edits are made, and how they are named, kept and answered."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from scripts.mutants import campaign, compiler, ledger, page, targets, trial
from scripts.mutants.operators import Mutant, mutants

CODE = """pragma solidity 0.8.30;
contract Till {
    uint256 constant MOST = 10;
    uint256 public held;
    modifier open() { _; }
    error TooMuch(uint256 sum, uint256 most);
    event Put(uint256 sum);
    function put(uint256 sum) external open {
        if (sum == 0 || sum > MOST) revert TooMuch(sum, MOST);
        if (sum != held) held += sum;
        emit Put(sum);
    }
    function at(uint256 a) external view returns (uint256) {
        return a < held ? a : held - 1;
    }
}
"""
SOURCE = "contracts/Till.sol"


@cache
def made() -> tuple[Mutant, ...]:
    """Return the mutants of the till, from the real compiler's tree."""
    output = compiler.compiled({SOURCE: CODE}, {"*": {"": ["ast"]}}, compiler.QUICK)
    return tuple(mutants(SOURCE, CODE.encode(), output["sources"][SOURCE]["ast"]))


def names() -> set[str]:
    return {mutant.name for mutant in made()}


@pytest.mark.parametrize(
    "name",
    [
        "Till.MOST: 10 -> (10 + 1)",
        "Till.MOST: 10 -> (10 - 1)",
        "Till.put: open -> ",
        "Till.put: sum == 0 || sum > MOST -> false",
        "Till.put: sum == 0 || sum > MOST -> sum == 0 && sum > MOST",
        "Till.put: sum == 0 -> false",
        "Till.put: sum > MOST -> sum >= MOST",
        "Till.put: sum != held -> !(sum != held)",
        "Till.put: held += sum -> held -= sum",
        "Till.put: held += sum; -> {}",
        "Till.put: emit Put(sum); -> {}",
        "Till.at: a < held -> a <= held",
        "Till.at: a < held -> !(a < held)",
        "Till.at: held - 1 -> held + 1",
        "Till.at: return a < held ? a : held - 1; -> {}",
    ],
)
def test_mutants__of_the_till__hold_every_kind_of_edit(name: str) -> None:
    assert name in names()


def test_mutants__condition_that_guards_a_revert__is_dropped_and_not_negated() -> None:
    assert not {name for name in names() if "!(sum == 0" in name}


def test_mutants__applied__change_their_place_alone() -> None:
    for mutant in made():
        code = mutant.applied(CODE.encode()).decode()
        assert code != CODE
        assert (code[: mutant.start], code[mutant.start :][: len(mutant.new)]) == (CODE[: mutant.start], mutant.new)
        assert code.endswith(CODE[mutant.end :])


def test_mutants__two_alike_in_one_function__are_numbered() -> None:
    assert len(names()) == len(made())


def test_trial__tests_that_could_not_run__is_an_error_and_no_kill() -> None:
    with pytest.raises(RuntimeError, match=r"pytest ended with 4 on tests/nowhere.py: no test failed"):
        trial.tried({}, ["tests/nowhere.py"])


def test_ledger__survivor_and_kill__only_the_kill_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / SOURCE).write_text(CODE)
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    first, second = made()[:2]
    kept = ledger.Ledger(tmp_path / "verdicts.jsonl")
    kept.add(first, campaign.Verdict(campaign.KILLED, "test_x"))
    kept.add(second, campaign.Verdict(campaign.SURVIVED))
    again = ledger.Ledger(tmp_path / "verdicts.jsonl")
    assert (again.settled(first, set()), again.settled(second, set())) == (True, False)
    assert again.settled(second, {second.name})
    (tmp_path / SOURCE).write_text(CODE + "\n")
    assert not again.settled(first, set())


def test_page__survivor__open_until_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / SOURCE).write_text(CODE)
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    kept, (first, second, third) = ledger.Ledger(tmp_path / "verdicts.jsonl"), made()[:3]
    kept.add(first, campaign.Verdict(campaign.KILLED, "test_x"))
    kept.add(second, campaign.Verdict(campaign.SURVIVED))
    text = f"{page.start(page.CONTRACTS)}\n{page.end(page.CONTRACTS)}\n| mutant | why |\n|---|---|\n"
    answered = f"{text}| `{second.name}` | nobody looks |\n"
    assert page.unanswered([first, second, third], kept, page.answers(text)) == [second.name, third.name]
    assert page.unanswered([first, second, third], kept, page.answers(answered)) == [third.name]
    assert "| `Till.sol` | 3 | 1 | 0 | 1 | 0 | 1 |" in page.written(answered, [first, second, third], kept)


def test_mutation_page__every_answer__names_a_mutant_of_today() -> None:
    today = {mutant.name for mutant, _ in targets.pairs()}
    assert page.answers(page.PAGE.read_text(encoding="utf-8")) <= today


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: str(target.sources[0]))
def test_targets__every_pattern_of_tests__finds_a_file(target: targets.Target) -> None:
    for pattern in target.tests:
        assert list((compiler.ROOT / "tests").rglob(f"{pattern}.py")), pattern
