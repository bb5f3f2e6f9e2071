"""What a plan's record must hold for those who read it: proposals, the monitor, the ledger. The rest may be anything.

A hash says that a file is as it was written, not who wrote it: whoever can write a file can compute one.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.toml_files import first_mistake
from hedge.book.exposure import PositionExposure
from hedge.errors import HedgeError
from hedge.instruments.index_listing import read_leg
from hedge.policy.parameters import KEYS, Parameters

LAST_SECOND: Final = 4_102_444_800
"""2100-01-01."""
LONGEST: Final = 2_000
"""Letters of a name or a sentence."""
MOST_VALUE: Final = 2**63
"""Above every governed value."""

MOST_NUMBER: Final = 1e30
KINDS: Final = {"str": str, "bool": bool, "int": float, "float": float}
"""What a field of a leg holds, by its annotation."""

Words = Annotated[str, Field(max_length=LONGEST)]
Whole = Annotated[int, Field(ge=0, lt=MOST_VALUE)]
Number = Annotated[float, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)]


def _is_leg(content: dict[str, Any]) -> dict[str, Any]:
    """Refuse what no leg can be made from, or one whose words, flags and numbers are none."""
    try:
        leg = read_leg(content)
    except (HedgeError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"is no leg: {error}") from error
    for field in fields(leg):
        value, kind = getattr(leg, field.name), KINDS.get(str(field.type), object)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and abs(value) <= MOST_NUMBER if kind is float else isinstance(value, kind)):
            raise ValueError(f"is no leg: {field.name} is no {field.type}, or too large")
    return content


def _is_exposure(content: dict[str, Any]) -> dict[str, Any]:
    """Refuse a row without the fields of a position's exposure."""
    needed = {field.name for field in fields(PositionExposure) if field.default is field.default_factory is MISSING}
    missing = sorted((needed | {"id"}) - content.keys())
    foreign = sorted(content.keys() - {field.name for field in fields(PositionExposure)})
    if missing or foreign:
        raise ValueError(f"has no {missing[0]}" if missing else f"has a field too many: {foreign[0][:40]!r}")
    return content


def _are_parameters(values: list[int]) -> list[int]:
    try:
        Parameters.from_values(values)
    except HedgeError as error:
        raise ValueError(str(error)) from error
    return values


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)


class _Change(_Part):
    key: Annotated[int, Field(ge=0, lt=len(KEYS))]
    old: Whole
    new: Whole
    name: Words | None = None
    unit: Words | None = None
    reason: Words
    effect: Words

    @model_validator(mode="after")
    def _is_of_our_table(self) -> Self:
        key = KEYS[self.key]
        if self.name not in (None, key.name) or self.unit not in (None, key.unit):
            raise ValueError(f"key {self.key} is {key.name} in {key.unit}, and the file says otherwise")
        return self


class _Update(_Part):
    proposable: bool
    changes: Annotated[list[_Change], Field(max_length=len(KEYS))]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [change.key for change in self.changes]
        twice = [key for number, key in enumerate(keys) if key in keys[:number]]
        if twice:
            raise ValueError(f"changes {KEYS[twice[0]].name} twice")
        return self


class _Decision(_Part):
    answer: Words
    reasons: list[Words]


class _Market(_Part):
    observed_at: Annotated[int, Field(ge=0, le=LAST_SECOND)]
    spots: dict[str, Number]
    vols: dict[str, Number]
    correlations: dict[str, Number]
    spot_source: Words
    spot_provenance: Words
    vol_source: Words
    vol_provenance: Words


class _Source(_Part):
    source: Words
    provenance: Words


class _Origin(_Part):
    origin: Words
    provenance: Words


class _Held(_Part):
    id: Words


class _Own(_Part):
    parameters: Annotated[list[int], AfterValidator(_are_parameters)]


class _Inputs(_Part):
    owner: Words
    chain_id: Whole
    block_number: Whole
    block_hash: Words
    market: _Market
    book: list[_Held]
    chains: dict[str, _Source]
    indices: dict[str, _Source]
    parameters: Annotated[list[int], AfterValidator(_are_parameters)]
    histories: _Origin | None
    own: dict[Words, _Own] = Field(default_factory=dict)


class _Asset(_Part):
    delta: Number
    gamma: Number


class _Exposure(_Part):
    value_usd: Number
    assets: dict[str, _Asset]
    positions: list[Annotated[dict[str, Any], AfterValidator(_is_exposure)]]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({row["id"] for row in self.positions}) < len(self.positions):
            raise ValueError("has a position twice")
        return self


class _Trade(_Part):
    instrument: Words
    side: Words
    layer: Words
    quantity: Number
    limit_usd: Number


class _Layer(_Part):
    name: Words
    underlying: Words
    legs: list[Annotated[dict[str, Any], AfterValidator(_is_leg)]]


class _Plan(_Part):
    decision: _Decision
    exposure: _Exposure
    trades: list[_Trade]
    layers: list[_Layer]
    update: _Update
    own_updates: dict[Words, _Update] = Field(default_factory=dict)
    inputs: _Inputs


class _Record(_Part):
    model_config = ConfigDict(extra="forbid")

    inputs_hash: Words
    chain_id: Whole
    block_number: Whole
    block_hash: Words
    observed_at: Annotated[int, Field(ge=0, le=LAST_SECOND)]
    owner: Words
    plan: _Plan

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        for name in ("owner", "chain_id", "block_number", "block_hash"):
            if getattr(self.plan.inputs, name) != getattr(self, name):
                raise ValueError(f"{name} is another in plan.inputs")
        return self


def mistake_in(content: dict[str, Any]) -> str:
    """Say which field of a record is missing or wrong, and how; empty where it has all that is read of it."""
    try:
        _Record.model_validate(content)
    except ValidationError as error:
        return first_mistake(error)
    return ""
