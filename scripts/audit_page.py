"""Write the tables of docs/audit.md from the contracts, `bridge.genesis` and the roles of a deployment.

`make audit-page` runs it. Between the marks ``<!-- name -->`` and ``<!-- /name -->`` everything comes from here; the
rest is written by hand. A test compares the page with what this writes, so whatever changes a contract changes the page
in the same commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts.audit.functions import function_tables
from scripts.audit.numbers import (
    constants_table,
    immutables_table,
    keys_table,
    roles_table,
    size,
    storage_tables,
    terms_table,
    total_size,
)
from scripts.audit.sources import ROOT, Sources, own_files

PAGE: Final = ROOT / "docs" / "audit.md"


def blocks(sources: Sources) -> dict[str, str]:
    """Return each generated part of the page by its name: the size of every file, and the tables."""
    sizes = {file: size(file) for file in own_files()}
    tables = {
        "total": total_size(),
        "roles": roles_table(sources),
        "terms": terms_table(sources),
        "keys": keys_table(sources),
        "constants": constants_table(sources),
        "immutables": immutables_table(sources),
        "functions": function_tables(sources),
        "storage": storage_tables(sources),
    }
    return sizes | tables


def rendered(page: str, parts: dict[str, str]) -> str:
    """Return a page with its generated parts written anew.

    Raises
    ------
    LookupError
        The page has no place, or several, for a part: a new file of contracts/ needs its section.
    """
    for name, text in parts.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if page.count(start) != 1 or page.count(end) != 1:
            raise LookupError(f"docs/audit.md needs one place for {name}: {start} and {end}")
        before, rest = page.split(start)
        page = f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}"
    return page


def main(page: Path = PAGE) -> None:
    """Write the page."""
    text = rendered(page.read_text(encoding="utf-8"), blocks(Sources.load()))
    page.write_text(text, encoding="utf-8")
    print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
