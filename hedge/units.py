"""Units and their constants, and numbers as JSON holds them: defined once, here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

BPS: Final = 1e4
"""Basis points in 1."""
DAY: Final = 86_400
"""Seconds of a day."""
YEAR_DAYS: Final = 365.0
YEAR_SECONDS: Final = YEAR_DAYS * DAY


def json_number(value: Any) -> Any:
    """Return `value`, or None where it is a float that JSON cannot hold (NaN, infinity)."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sorted_dict(values: Mapping[str, float]) -> dict[str, float]:
    """Return `values` as a dict sorted by key."""
    return {key: values[key] for key in sorted(values)}
