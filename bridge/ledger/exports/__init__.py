"""Files of venues, and our own CSV, as fills: all of a file or nothing of it.

    files       bytes to rows: encodings, CSV and JSON
    row         one row's cells as text, numbers, sides and times, each refused by name
    format      what a format is, and the registry of them
    formats     one module each: a log and trades of Deribit, and our plain CSV
    worth       what an option in coin can have cost
    index       the price of a coin at a time, from a CSV, where an export does not say it
    read        `read_export`: a file's fills, what was left out, and its hash

May import `registry`, `errors` and `hedge`.
"""

from bridge.errors import Fault, RefusedRows
from bridge.ledger.exports.format import Export
from bridge.ledger.exports.read import read_export

__all__ = ["Export", "Fault", "RefusedRows", "read_export"]
