"""How an order at a venue names the plan and the order of it that it carries out."""

from __future__ import annotations

import re
from typing import Final

DIGITS: Final = 16
"""Of a plan's hash; two plans of one treasury do not begin with the same sixteen."""
LABEL: Final = re.compile(r"alvh:([0-9a-f]{16}):([1-9][0-9]{0,3})")


def order_label(inputs_hash: str, order: int) -> str:
    """Return what to label an order with.

    Examples
    --------
    >>> order_label("0x" + "ab" * 32, 3)
    'alvh:abababababababab:3'
    """
    return f"alvh:{inputs_hash.removeprefix('0x')[:DIGITS]}:{order}"


def read_label(label: str) -> tuple[str, str] | None:
    """Return the beginning of the plan's hash and the number of the order; None where a label names none.

    Examples
    --------
    >>> read_label("alvh:abababababababab:3")
    ('0xabababababababab', '3')
    """
    found = LABEL.fullmatch(label)
    return (f"0x{found[1]}", found[2]) if found else None
