"""The example settings are the defaults, all of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from bridge.config import ChainPlace, Config, load_config


def test_example_file__loaded__equals_the_defaults(root: Path) -> None:
    assert load_config(root / "alvh.example.toml") == Config()


def test_example_file__sections__name_every_setting(root: Path) -> None:
    text = (root / "alvh.example.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    for section, field in Config.model_fields.items():
        if section in ("state", "parameters"):
            assert section in content or f"[{section}]" in text
            continue
        inner = ChainPlace if section == "chains" else field.annotation
        assert inner is not None
        for name in inner.model_fields:
            assert name in content.get(section, ()) or f"# {name} =" in text, f"{section}.{name}"
