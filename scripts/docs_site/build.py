"""From sources to a site: put together, built, and put in the place of the one before."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import move, rmtree
from typing import Final

from .nav import expanded
from .stage import ROOT, stage

CORNER: Final = re.compile(r"<th([^>]*)></th>")
WORK: Final = ROOT / "build" / "site"
SITE: Final = ROOT / "site"


def build(work: Path = WORK, site: Path = SITE) -> int:
    """Build the site with every warning an error; where it fails the site before stays.

    Parameters
    ----------
    work
        Where sources are put together; emptied before.
    site
        Where the site is after.

    Returns
    -------
    int
        The exit code of Zensical.
    """
    rmtree(work, ignore_errors=True)
    stage(work / "docs")
    settings = work / "mkdocs.yml"
    settings.write_text(expanded((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), work / "docs"), encoding="utf-8")
    program = Path(sys.executable).with_name("zensical")
    command = [str(program), "build", "--strict", "--config-file", str(settings)]
    code = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode
    if code == 0:
        _plain_corners(work / "site")
        rmtree(site, ignore_errors=True)
        move(work / "site", site)
    return code


def _plain_corners(site: Path) -> None:
    """Make plain cells of the empty headings of tables, which head nothing for who has them read aloud."""
    for page in site.rglob("*.html"):
        page.write_text(CORNER.sub(r"<td\1></td>", page.read_text(encoding="utf-8")), encoding="utf-8")
