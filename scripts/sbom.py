"""Write what others' code a user runs: `dist/sbom.json` (CycloneDX) and docs/licences.md, both of the locked versions.

`make sbom` has cyclonedx-py describe the environment first; what only developers install is then left out. Which
packages those are is read from requirements.lock, which says of each who asks for it.
"""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
BILL: Final = ROOT / "dist" / "sbom.json"
PAGE: Final = ROOT / "docs" / "licences.md"
DEVELOPERS: Final = ("contracts", "dev", "docs")
"""Extras that no user installs."""
OWN: Final = "alvh (pyproject.toml)"
STATED: Final = {"multidict": "Apache-2.0", "partd": "BSD-3-Clause", "ta-lib": "BSD-2-Clause"}
"""Of packages whose metadata name none: as in the licence files that they ship."""
INTRODUCTION: Final = """# Licences of others' code

Every package that a user of ALVH installs, in the versions of `requirements.lock`, with all extras but those of
developers; a plain install has {plain} of these {count}. `make sbom` writes this page and `dist/sbom.json`, in
CycloneDX, from what the packages say of themselves. ALVH is [MIT](../LICENSE). npm packages of a local chain are not
part of it; each is under the licence that npm shows.

psycopg is under the LGPL: it is the extra `postgres`, loaded as it is and not changed.

| package | version | licence | in a plain install |
|---|---|---|---|
"""


def canonical(name: str) -> str:
    """Return a package's name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name.split("[")[0]).lower()


def locked() -> dict[str, tuple[str, set[str]]]:
    """Return the version of every locked package, both where two Pythons have different ones, and who asks for it."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, tuple[str, set[str]]] = {}
    for part in re.split(r"\n(?=\S)", text):
        head = re.match(r"([A-Za-z0-9_.-]+)==(\S+)", part)
        if head:
            askers = part.split("# via")[1] if "# via" in part else ""
            lines = (line.strip("# ").strip() for line in askers.splitlines())
            names = {name if name == OWN else canonical(name) for name in lines if name}
            version, others = found.get(canonical(head[1]), ("", set()))
            found[canonical(head[1])] = f"{version}, {head[2]}".removeprefix(", "), names | others
    return found


def runtime(extras: bool) -> set[str]:
    """Return the packages of a plain install, or of one with every extra that users have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    if extras:
        chosen = {name: lines for name, lines in project["optional-dependencies"].items() if name not in DEVELOPERS}
        wanted += [line for lines in chosen.values() for line in lines]
    found = {canonical(re.split(r"[ <>=;]", line)[0]) for line in wanted} - {"alvh"}
    packages = locked()
    while more := {name for name, (_, askers) in packages.items() if name not in found and askers & found}:
        found |= more
    return found


def licence(component: dict[str, Any] | None, name: str) -> str:
    """Return a package's licence in the words that it has for it."""
    for one in (component or {}).get("licenses", []):  # the first is the nearest to SPDX, a classifier comes after it
        said = str(one.get("expression") or one["license"].get("id") or one["license"].get("name", ""))
        return said.split(" :: ")[-1]
    if name in STATED:
        return STATED[name]
    try:
        said = metadata(name).get("License") or ""
    except PackageNotFoundError:
        return "for another system: not looked at here"
    return said.strip().splitlines()[0][:60] if said.strip() else "not stated"


def page(components: dict[str, dict[str, Any]]) -> str:
    """Return docs/licences.md."""
    packages, plain, names = locked(), runtime(extras=False), sorted(runtime(extras=True))
    rows = [
        f"| {name} | {packages[name][0]} | {licence(components.get(name), name)} | {'yes' if name in plain else ''} |\n"
        for name in names
    ]
    return INTRODUCTION.format(plain=len(plain), count=len(names)) + "".join(rows)


def main() -> None:
    """Cut the bill down to what users install, and write it and the page."""
    bill = json.loads(BILL.read_text(encoding="utf-8"))
    kept = runtime(extras=True)
    bill["components"] = [one for one in bill["components"] if canonical(one["name"]) in kept]
    references = {one["bom-ref"] for one in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    bill["dependencies"] = [
        one | ({"dependsOn": [to for to in one["dependsOn"] if to in references]} if "dependsOn" in one else {})
        for one in bill["dependencies"]
        if one["ref"] in references
    ]
    BILL.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page({canonical(one["name"]): one for one in bill["components"]}), encoding="utf-8")
    print(f"{BILL}: {len(bill['components'])} packages; {PAGE}: {len(kept)}")


if __name__ == "__main__":
    main()
