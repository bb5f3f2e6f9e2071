"""The table of docs/alerts.md, as the registry has it; `python -m tests.docs.alert_table` prints it."""

from __future__ import annotations

import math
import sys

from bridge.alerts.rules import ALERT_RULES, AlertRule

HEAD = ("rule", "kind", "severity", "alerts when", "over below", "told again", "who can act", "what first")


def row(rule: AlertRule) -> str:
    """Return the line of a rule."""
    over = f"{rule.leave:g}" if rule.leave < 1.0 else "-"
    again = f"+{rule.worse_by:g}" if rule.worse_by < math.inf else "-"
    step = f"{rule.step} ([runbook](runbook.md#{rule.runbook}))"
    cells = (f"`{rule.name}`", f"`{rule.kind}`", str(rule.severity), rule.words, over, again, rule.who, step)
    return f"| {' | '.join(cells)} |"


def table() -> list[str]:
    """Return every line of the table, by kind."""
    rules = sorted(ALERT_RULES.values(), key=lambda rule: rule.kind)
    return [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *map(row, rules)]


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
