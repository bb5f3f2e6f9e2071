"""A page per idea: the section of docs/ that explains it, with formula and picture, and what is built of it."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.ideas_page import defined_tests, test_link
from scripts.ideas_table import IDEAS, Idea

from .idea_words import WORDS


def idea_pages(root: Path) -> dict[str, str]:
    """Return the pages by their place in the site; links in them are as those of a page of docs/."""
    defined = defined_tests(root / "tests")
    pages = {}
    for number, idea in enumerate(IDEAS, 1):
        pages[f"ideas/{number:02}-{slug(idea.name)}.md"] = _page(idea, root / "docs", defined)
    return pages


def slug(name: str) -> str:
    """Return the name of an idea up to its first mark, as part of an address."""
    return "-".join(re.findall(r"[a-z0-9]+", re.split(r"[:;(]", name)[0].lower()))


def section(page: Path, anchor: str) -> str:
    """Return the text below a heading, up to the next heading of its level; the introduction where no anchor is given.

    Raises
    ------
    LookupError
        No heading of the page has the anchor.
    """
    text = page.read_text(encoding="utf-8")
    heads = list(re.finditer(r"^(#+) (.+)$", re.sub(r"```.*?```", _blank, text, flags=re.DOTALL), re.MULTILINE))
    for place, head in enumerate(heads):
        if _anchor(head[2]) == anchor or (not anchor and place == 0):
            ends = (after.start() for after in heads[place + 1 :] if not anchor or len(after[1]) <= len(head[1]))
            return text[head.end() : next(ends, len(text))].strip("\n")
    raise LookupError(f"{page.name} has no heading {anchor}")


def _blank(block: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", block[0])


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _page(idea: Idea, docs: Path, defined: dict[str, list[Path]]) -> str:
    name, _, anchor = idea.page.partition("#")
    shown = "\n".join(f"- `{one.command}`" for one in idea.shown)
    code = "\n".join(f"- [`{one}`][{one}]" for one in idea.code)
    tests = "\n".join(f"- {test_link(one, defined)}" for one in idea.tests)
    return (
        f"# {idea.name}\n\n*State: {idea.state}.* From [this page]({idea.page}).\n\n{_shown(idea, docs)}"
        f"{section(docs / name, anchor).replace('](#', f']({name}#')}\n\n"
        f"## Commands that show it\n\n{shown}\n\n## Code\n\n{code}\n\n## Tests that hold it\n\n{tests}\n"
    )


def _shown(idea: Idea, docs: Path) -> str:
    words = WORDS.get(slug(idea.name))
    if words is None:
        return ""
    formula = f"    {words.formula}\n\n" if words.formula else ""
    files = (docs / "img" / f"{words.picture}.{kind}" for kind in ("svg", "png"))
    picture = next((f"img/{file.name}" for file in files if file.is_file()), "")
    return formula + (f"![{words.shows}]({picture})\n\n" if picture else "")
