"""Write results.json and the table in README.md: rows measured now replace theirs, the others stay."""

import json
import os
import platform
import re
from pathlib import Path
from typing import Any

import numba
import numpy
import scipy

from benchmarks.environment import HERE

RESULTS, README = HERE / "results.json", HERE / "README.md"
_BEGIN, _END = "<!-- results: written by the run -->", "<!-- end of results -->"


def write(rows: list[dict[str, Any]]) -> None:
    """Merge rows into results.json and the README."""
    kept = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else []
    load = f"{os.getloadavg()[0]:.1f}"
    merged = {row["id"]: row for row in [*kept, *(row | {"load": load} for row in rows)]}
    document = {"machine": machine(), "rows": list(merged.values())}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")
    pattern = re.compile(f"{_BEGIN}.*{_END}", re.DOTALL)
    text = "\n".join([_BEGIN, "", describe(document), "", _END])
    README.write_text(pattern.sub(lambda _: text, README.read_text()))


def describe(document: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    about = document["machine"]
    lines = [", ".join(f"{key} {value}" for key, value in about.items()) + ".", ""]
    lines += ["| row | ours, ms | peer | peer, ms | ratio | difference | elements |", "|---|---|---|---|---|---|---|"]
    for row in document["rows"]:
        for name, spent in row["peers_ms"].items():
            ratio = row.get("ratios", {}).get(name, round(spent / row["ours_ms"], 1))
            difference = row.get("differences", {}).get(name, "")
            size = row.get("scaled_from", {}).get(name, "all")
            peer = f"{name} {row.get('versions', {}).get(name, '')}".strip()
            ours = f"{row['ours_ms']:g}" + (f" ({row['facts']})" if "facts" in row else "")
            cells = (row["id"], ours, peer, f"{spent:g}", f"**{ratio:g}**", difference, size)
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        lines += [f"| {row['id']} | | {name} | does not run | | | |" for name in row.get("failed", {})]
    return "\n".join(lines)


def summary(row: dict[str, Any]) -> str:
    """Return one row as lines for the terminal."""
    facts = f", {row['facts']}" if "facts" in row else ""
    lines = [f"{row['id']}: {row['ours_ms']:g} ms, checked {row['checked']}{facts}"]
    for name, ratio in row["ratios"].items():
        spent, difference = row["peers_ms"][name], row["differences"][name]
        lines.append(f"    {name:22} {spent:>12g} ms {ratio:>9g} x   differs by {difference:g}")
    lines += [f"    {name:22} does not run: {reason}" for name, reason in row["failed"].items()]
    return "\n".join(lines) + "\n"


def machine() -> dict[str, str]:
    """Return what the numbers depend on."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    return found.group(1) if found else platform.processor()
