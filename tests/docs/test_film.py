"""The film of the monitor: small, short, shown where people begin, and written by its script."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from scripts.film import FILM, HIGH, STRIP, WIDE, write_film

pytestmark = pytest.mark.unit


def test_film__committed__is_small_and_has_some_frames() -> None:
    with Image.open(FILM) as film:
        assert film.size == (WIDE, HIGH + STRIP)
        assert 8 <= getattr(film, "n_frames", 1) <= 14
    assert FILM.stat().st_size < 1_500_000


def test_film__read_me_and_page_of_the_monitor__show_it(root: Path) -> None:
    assert "](docs/img/monitor.webp)" in (root / "README.md").read_text(encoding="utf-8")
    assert "](img/monitor.webp)" in (root / "docs" / "monitor.md").read_text(encoding="utf-8")


def test_write_film__frames_with_captions__are_those_pictures_below_a_strip(tmp_path: Path) -> None:
    colours = ["#ff0000", "#00ff00", "#0000ff"]
    write_film([(colour, Image.new("RGB", (WIDE, HIGH), colour)) for colour in colours], tmp_path / "film.webp")
    with Image.open(tmp_path / "film.webp") as film:
        assert getattr(film, "n_frames", 1) == len(colours)
        for at, colour in enumerate(colours):
            film.seek(at)
            shown = film.convert("RGB")
            strip = shown.crop((0, 0, WIDE, STRIP)).getcolors(maxcolors=WIDE * STRIP)
            assert shown.getpixel((WIDE // 2, STRIP + HIGH // 2)) == Image.new("RGB", (1, 1), colour).getpixel((0, 0))
            assert strip is not None
            assert len(strip) > 2
