"""A wrong setting is said in plain words with its name; none of the library's own are left."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.config import load_config
from bridge.errors import BadConfig, ContractReverted, UsageError
from bridge.mistakes import plain_mistake
from bridge.toml_files import first_mistake
from hedge.errors import BadInput, rounded

pytestmark = pytest.mark.unit


class Colour(StrEnum):
    RED = "red"


class Every(BaseModel):
    """A setting of each kind."""

    model_config = ConfigDict(extra="forbid", strict=True)

    above: Annotated[float, Field(gt=0, le=10.0, allow_inf_nan=False)] = 1.0
    whole: Annotated[int, Field(ge=1, lt=9)] = 1
    names: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("a",)
    word: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    kind: Literal["new", "old"] = "new"
    colour: Colour = Colour.RED
    on: bool = False
    day: date = date(2026, 1, 1)
    table: dict[str, int] = {}
    path: Path = Path()


CASES = [
    ({"above": 0}, "above: must be above 0"),
    ({"above": 11}, "above: must be 10 or less"),
    ({"above": float("nan")}, "above: must be a number that is not endless"),
    ({"above": "x"}, "above: must be a number"),
    ({"whole": 0}, "whole: must be 1 or more"),
    ({"whole": 9}, "whole: must be below 9"),
    ({"whole": 1.5}, "whole: must be a whole number"),
    ({"names": ()}, "names: must have 1 or more entries, and has 0"),
    ({"names": ("a", "b", "c")}, "names: must have 2 entries or fewer"),
    ({"names": 5}, "names: must be a list, in square brackets"),
    ({"word": "a"}, "word: must have 2 or more letters"),
    ({"word": "abcd"}, "word: must have 3 letters or fewer"),
    ({"word": 5}, "word: must be text in quotes"),
    ({"kind": "king"}, "kind: must be 'new' or 'old'"),
    ({"on": 3}, "on: must be true or false"),
    ({"day": 3}, "day: must be a date such as 2026-02-01"),
    ({"table": 3}, "table: must be a table of names and values"),
    ({"wrd": 3}, "wrd: unknown setting: correct its name, or take it out"),
]


@pytest.mark.parametrize(("given", "said"), CASES, ids=[said for _, said in CASES])
def test_first_mistake__of_each_kind__is_plain_words_with_the_settings_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Every.model_validate(given)
    words = first_mistake(raised.value)
    assert words == said
    assert not any(word in words for word in ("Input", "Tuple", "Field", "Extra", "valid"))


def test_plain_mistake__kind_that_is_not_known__is_said_as_the_library_does() -> None:
    assert plain_mistake({"type": "new_kind", "msg": "Value is odd"}) == "Value is odd"
    assert plain_mistake({"type": "too_short", "msg": "Tuple is short", "ctx": {}}) == "Tuple is short"


def test_load_config__list_that_is_empty__says_what_is_needed_there(tmp_path: Path) -> None:
    file = tmp_path / "alvh.toml"
    file.write_text("[book]\nowner = []\n[chain]\nchain_id = 'one'\n", encoding="utf-8")
    with pytest.raises(BadConfig) as raised:
        load_config(file)
    assert "Tuple" not in str(raised.value)
    assert "Input should" not in str(raised.value)


def test_contract_reverted__times_among_its_arguments__are_dates_and_stay_numbers_for_programs() -> None:
    error = ContractReverted(
        "TooEarly", {"readyAt": 1_770_000_000, "timestamp": 1_769_999_999, "max": 1_770_000_000}, "x"
    )
    assert error.words == "TooEarly(readyAt=2026-02-02 02:40:00Z, timestamp=2026-02-02 02:39:59Z, max=1770000000)"
    assert error.arguments["readyAt"] == 1_770_000_000
    assert ContractReverted("ERC5805FutureLookup", {"clock": 21_000_000}, "x").words.endswith("(clock=21000000)")


def test_bad_input__seconds_and_long_floats__are_dates_and_short_numbers() -> None:
    error = BadInput("until", 1_770_000_000.0, "must not be before since = 1760000000")
    assert str(error) == "until = 2026-02-02 02:40:00Z: must not be before since = 2025-10-09 08:53:20Z"
    assert str(BadInput("price", 99_999.99999999999, "must be less")) == "price = 100000: must be less"
    assert str(BadInput("cap", 1_770_000_000, "too much")) == "cap = 1770000000: too much"
    money = BadInput("value at the horizon", 1_500_000_000.0, "must be less than 1000000000 USD at any time")
    assert "1500000000" in str(money)
    assert "1000000000 USD" in str(money)
    assert str(BadInput("expiry of ETH", 1_770_000_000, "x")) == "expiry of ETH = 2026-02-02 02:40:00Z: x"
    assert error.value == 1_770_000_000.0


def test_usage_error__what_binary_left_of_a_number__is_taken_away_and_exact_amounts_stay() -> None:
    assert str(UsageError("above 99999.99999999999 USD")) == "above 100000 USD"
    assert str(UsageError("it has 1.123456789012345678, not 0.12345678901234")) == (
        "it has 1.123456789012345678, not 0.12345678901234"
    )
    assert rounded("ETH-6FEB26-2850-P at 1.5 and 0.1234567890123456") == "ETH-6FEB26-2850-P at 1.5 and 0.123456789"
