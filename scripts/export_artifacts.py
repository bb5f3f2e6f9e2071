"""Compile with Brownie and write the bridge's package data: `make artifacts`."""

from pathlib import Path

import bridge.artifacts
from bridge.artifacts.export import export_artifacts


def main() -> None:
    """Write bridge/artifacts/*.json from build/contracts."""
    root = Path(__file__).resolve().parent.parent
    for path in export_artifacts(root / "build" / "contracts", Path(bridge.artifacts.__file__).parent):
        print(path.relative_to(root))


if __name__ == "__main__":
    main()
