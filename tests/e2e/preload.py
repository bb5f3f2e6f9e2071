"""What the process that commands are forked from has loaded: the libraries, and no state of ours."""

from __future__ import annotations

import bridge.cli.app
import bridge.plans.make
import bridge.report.html
import bridge.sources.histories.files
import bridge.sources.quotes.files  # noqa: F401
