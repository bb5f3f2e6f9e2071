"""What the quant core answers to odd input: every cell of the table in docs/odd-inputs.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge import amm, errors, options
from hedge.amm import ticks
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import Smile, synthetic_chain
from hedge.replication import LossTarget, replicate
from hedge.volatility import index as volatility_index
from hedge.volatility import realized
from hedge.volatility.dense_index import dense_index_from_chain
from hedge.volatility.surface import fit_surface
from hedge.volatility.variance_swap import variance_swap

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[2] / "docs" / "odd-inputs.md"
NOW, DAY = 1_780_000_000, 86_400
LISTED = synthetic_chain("ETH", 2_000.0, NOW, 0.6, Smile())
HORIZON = LISTED.first_expiry(20)


def flat(**changed: object) -> pd.DataFrame:
    """Return a frame of two expiries around 30 days at 60 % volatility, forward 2,000."""
    strikes = np.arange(1_000.0, 4_001.0, 100.0)
    rows = [(t, k, call) for t in (0.05, 0.12) for k in strikes for call in (True, False)]
    frame = pd.DataFrame(rows, columns=["expiry", "strike", "is_call"])
    mid = options.price(2_000.0, frame["strike"], frame["expiry"], 0.6, is_call=frame["is_call"])
    frame["bid"], frame["ask"] = 0.99 * mid, 1.01 * mid
    for column, value in changed.items():
        frame.loc[0, column] = value
    return frame


def one_expiry() -> pd.DataFrame:
    return flat()[lambda rows: rows["expiry"] == 0.05].reset_index(drop=True)


def lonely(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["strike"] == 2_000.0]


def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[:1]])


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1.0, random_state=7)


def listed(**changed: object) -> pd.DataFrame:
    frame = LISTED.quotes.copy()
    for column, value in changed.items():
        frame.loc[0, column] = value
    return frame


def chain_of(frame: pd.DataFrame) -> OptionChain:
    return OptionChain.from_frame("ETH", NOW, 2_000.0, frame, "test")


def index(frame: pd.DataFrame) -> float:
    return volatility_index.index_from_chain(frame).vol


def dense(frame: pd.DataFrame) -> float:
    return dense_index_from_chain(frame).vol


def swap(frame: pd.DataFrame, time: float = 0.05) -> float:
    return variance_swap(frame["strike"], frame["is_call"], 0.5 * (frame["bid"] + frame["ask"]), 2_000.0, time)


def surface_vol(frame: pd.DataFrame) -> float:
    return float(fit_surface(frame).vol(2_000.0, 0.05))


def fit(frame: pd.DataFrame) -> float:
    return replicate(LossTarget(2_000.0, 10.0, 1_500.0, 2_600.0), chain_of(frame), HORIZON, 1_000.0, 3_500.0).bound


def realised(price: list[float], at: list[float]) -> float:
    return float(realized.close_to_close(price, at))


Call = Callable[[], object]

# (function, input): (call, outcome). An outcome is an error's name, or a word that `holds` knows.
CELLS: dict[tuple[str, str], tuple[Call, str]] = {
    ("options.price, greeks", "NaN"): (lambda: options.price(100.0, np.nan, 1.0, 0.2), "NaN"),
    ("options.price, greeks", "negative time"): (lambda: options.price(100.0, 90.0, -1.0, 0.2), "BadInput"),
    ("options.price, greeks", "zero volatility"): (lambda: options.price(100.0, 90.0, 1.0, 0.0) - 10.0, "zero"),
    ("options.implied_vol", "NaN"): (lambda: options.implied_vol(np.nan, 100.0, 90.0, 1.0), "NaN"),
    ("options.implied_vol", "negative time"): (lambda: options.implied_vol(12.0, 100.0, 90.0, -1.0), "BadInput"),
    ("options.implied_vol", "zero volatility"): (lambda: options.implied_vol(10.0, 100.0, 90.0, 1.0), "zero"),
    ("ticks", "NaN"): (lambda: ticks.sqrt_prices(np.array([0.0, np.nan])), "BadInput"),
    ("amm", "NaN"): (lambda: amm.value(np.nan, 1.0, 1_000.0, 2_000.0), "NaN"),
    ("amm", "zero volatility"): (lambda: amm.lvr_rate(1_500.0, 1.0, 1_000.0, 2_000.0, 0.0), "zero"),
    ("OptionChain.from_frame", "NaN"): (lambda: chain_of(listed(strike=np.nan)), "BadQuote"),
    ("OptionChain.from_frame", "negative time"): (lambda: chain_of(listed(expiry_at=NOW - DAY)), "BadQuote"),
    ("OptionChain.from_frame", "crossed quote"): (lambda: chain_of(listed(bid=9e9, ask=1.0)), "CrossedQuote"),
    ("OptionChain.from_frame", "empty chain"): (lambda: chain_of(listed().iloc[:0]), "EmptyChain"),
    ("OptionChain.from_frame", "one strike"): (lambda: len(chain_of(listed().iloc[:1]).rows) - 1, "zero"),
    ("OptionChain.from_frame", "duplicate"): (lambda: chain_of(doubled(listed())), "DuplicateQuote"),
    ("OptionChain.from_frame", "unsorted"): (
        lambda: chain_of(shuffled(listed())).to_inputs() == chain_of(listed()).to_inputs(),
        "the same",
    ),
    ("volatility.index", "NaN"): (lambda: index(flat(strike=np.nan)), "BadInput"),
    ("volatility.index", "negative time"): (
        lambda: volatility_index.term_variance(one_expiry(), 0.0, -0.1),
        "BadInput",
    ),
    ("volatility.index", "crossed quote"): (lambda: index(flat(bid=9e9)), "BadInput"),
    ("volatility.index", "empty chain"): (lambda: index(flat().iloc[:0]), "TooFewExpiries"),
    ("volatility.index", "one strike"): (lambda: index(lonely(flat())), "TooFewExpiries"),
    ("volatility.index", "duplicate"): (lambda: index(doubled(flat())), "BadInput"),
    ("volatility.index", "unsorted"): (lambda: index(shuffled(flat())) == index(flat()), "the same"),
    ("volatility.dense_index", "NaN"): (lambda: dense(flat(strike=np.nan)) == dense(flat().iloc[1:]), "the same"),
    ("volatility.dense_index", "negative time"): (
        lambda: dense(flat(expiry=-1.0)) == dense(flat().iloc[1:]),
        "the same",
    ),
    ("volatility.dense_index", "crossed quote"): (lambda: dense(flat(bid=9e9)) - 0.6, "zero"),
    ("volatility.dense_index", "empty chain"): (lambda: dense(flat().iloc[:0]), "TooFewExpiries"),
    ("volatility.dense_index", "one strike"): (lambda: dense(lonely(flat())), "TooFewExpiries"),
    ("volatility.dense_index", "duplicate"): (lambda: dense(doubled(flat())) == dense(flat()), "the same"),
    ("volatility.dense_index", "unsorted"): (lambda: dense(shuffled(flat())) == dense(flat()), "the same"),
    ("variance_swap", "NaN"): (lambda: swap(one_expiry().assign(bid=np.nan)), "TooFewQuotes"),
    ("variance_swap", "negative time"): (lambda: swap(one_expiry(), -0.1), "BadInput"),
    ("variance_swap", "empty chain"): (lambda: swap(one_expiry().iloc[:0]), "TooFewQuotes"),
    ("variance_swap", "one strike"): (lambda: swap(lonely(one_expiry())), "TooFewQuotes"),
    ("variance_swap", "duplicate"): (lambda: swap(pd.concat([one_expiry(), one_expiry()])), "BadInput"),
    ("variance_swap", "unsorted"): (lambda: swap(shuffled(one_expiry())) == swap(one_expiry()), "the same"),
    ("surface", "NaN"): (lambda: fit_surface(flat(strike=np.nan)).dropped.unknown - 1, "zero"),
    ("surface", "negative time"): (lambda: fit_surface(flat(expiry=-1.0)).dropped.expired - 1, "zero"),
    ("surface", "crossed quote"): (lambda: fit_surface(flat(bid=9e9)).dropped.crossed - 1, "zero"),
    ("surface", "empty chain"): (lambda: fit_surface(flat().iloc[:0]), "NoSurface"),
    ("surface", "one strike"): (lambda: surface_vol(lonely(flat())) - 0.6, "zero"),
    ("surface", "duplicate"): (lambda: surface_vol(doubled(flat())) == surface_vol(flat()), "the same"),
    ("surface", "unsorted"): (lambda: surface_vol(shuffled(flat())) == surface_vol(flat()), "the same"),
    ("replicate", "one strike"): (
        lambda: fit(listed()[lambda rows: (rows["strike"] == 2_000.0) & (rows["expiry_at"] == HORIZON)]) > 0.0,
        "the same",
    ),
    ("replicate", "unsorted"): (lambda: fit(shuffled(listed())) == fit(listed()), "the same"),
    ("realized", "NaN"): (
        lambda: realised([1.0, np.nan, 1.1], [0.0, 60.0, 120.0]) == realised([1.0, 1.1], [0.0, 120.0]),
        "the same",
    ),
    ("realized", "empty chain"): (lambda: realised([], []), "NaN"),
    ("realized", "duplicate"): (lambda: realised([1.0, 1.1], [60.0, 60.0]), "BadInput"),
    ("realized", "unsorted"): (lambda: realised([1.0, 1.1], [60.0, 0.0]), "BadInput"),
}


def holds(outcome: str, answer: object) -> bool:
    if outcome == "NaN":
        return bool(np.isnan(answer))  # type: ignore[call-overload]
    if outcome == "zero":
        return abs(float(answer)) < 1e-4  # type: ignore[arg-type]
    return answer is True or answer == np.True_


@pytest.mark.parametrize(("function", "odd"), CELLS, ids=["-".join(cell).replace(" ", "_") for cell in CELLS])
def test_odd_input__every_cell_of_the_page__has_the_outcome_that_it_names(function: str, odd: str) -> None:
    call, outcome = CELLS[function, odd]
    if hasattr(errors, outcome):
        with pytest.raises(getattr(errors, outcome)):
            call()
    else:
        assert holds(outcome, call())


def test_odd_inputs_page__its_table__has_these_cells_and_no_others() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    columns, *_ = cells(lines[0])
    assert columns == ""
    heads = cells(lines[0])[1:]
    named = {
        (row[0].strip("`"), head): text
        for row in map(cells, lines[2:])
        for head, text in zip(heads, row[1:], strict=True)
    }
    written = {cell: text for cell, text in named.items() if text != "·"}
    assert written.keys() == CELLS.keys()
    for cell, text in written.items():
        outcome = CELLS[cell][1]
        assert not hasattr(errors, outcome) or outcome in text
        assert outcome != "NaN" or "NaN" in text


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
