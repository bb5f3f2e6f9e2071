"""Files are whole or absent, no link leads them elsewhere, and nobody else looks into what a treasury keeps."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

import pytest

from bridge.errors import BadFile
from bridge.files import (
    PAGE,
    lock_file,
    make_private,
    open_own,
    refuse_circle,
    require_writable,
    resolved,
    write_durably,
    write_whole,
)


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> object:
    """Let everything that says nothing else be readable by all, as it is on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_write_whole__folders_are_missing__are_made_for_the_owner_alone(tmp_path: Path) -> None:
    write_whole(tmp_path / ".alvh" / "plans" / "newest", "one")
    assert [mode(tmp_path / ".alvh"), mode(tmp_path / ".alvh" / "plans")] == [0o700, 0o700]


@pytest.mark.usefixtures("open_umask")
def test_write_whole__of_a_report__is_for_everyone(tmp_path: Path) -> None:
    write_whole(tmp_path / "reports" / "plan.html", "<p>", shared=True)
    assert mode(tmp_path / "reports") == 0o755
    assert mode(tmp_path / "reports" / "plan.html") == 0o644


@pytest.mark.usefixtures("open_umask")
def test_make_private__folder_is_there__is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(0o755)
    make_private(tmp_path / "shared" / "ours")
    assert [mode(tmp_path / "shared"), mode(tmp_path / "shared" / "ours")] == [0o755, 0o700]


def test_write_whole__link_waits_under_the_drafts_name__is_refused_and_followed_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, target = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    target.write_text("before")
    monkeypatch.setattr(secrets, "token_hex", lambda _: "guessed")
    (tmp_path / ".state.json.guessed.draft").symlink_to(victim)
    with pytest.raises(BadFile, match="cannot be written"):
        write_whole(target, "after")
    with pytest.raises(BadFile, match="cannot be written"):
        require_writable(target)
    assert (victim.read_text(), target.read_text()) == ("precious", "before")


def test_write_whole__link_in_the_place_of_the_file__is_replaced_and_followed_nowhere(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    target.symlink_to(victim)
    write_whole(target, "ours")
    assert (victim.read_text(), target.read_text(), target.is_symlink()) == ("precious", "ours", False)


def test_open_own__link__is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="lock"):
        open_own(tmp_path / "lock")
    assert not (tmp_path / "victim").exists()


def test_write_whole__name_as_long_as_names_can_be__is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / ("n" * 250), "text")
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 250]


def test_write_whole__place_is_a_folder__is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    with pytest.raises(BadFile, match="is a folder"):
        write_whole(tmp_path / "place", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_resolved_and_refuse_circle__links_in_a_circle__are_refused_and_others_not(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for path in (tmp_path / "a", tmp_path / "a" / "under"):
        for check in (resolved, refuse_circle, require_writable):
            with pytest.raises(BadFile, match="leads nowhere: its links lead in a circle"):
                check(path)
    assert resolved(tmp_path / "link") == resolved(tmp_path / "file")
    for path in (tmp_path / "link", tmp_path / "none", Path("x" * 300)):
        refuse_circle(path)
    with pytest.raises(BadFile, match="leads nowhere"):
        resolved(Path("a\0b"))


def test_require_writable__file_of_somebody_else__is_refused_and_one_of_ours_or_empty_not(tmp_path: Path) -> None:
    place = tmp_path / "keystore.json"
    place.write_text('{"version": 3}', encoding="utf-8")
    with pytest.raises(BadFile, match="is no file that this command writes: name another place"):
        require_writable(place, PAGE)
    require_writable(place)
    for ours in (PAGE + "\n<html>", ""):
        place.write_text(ours, encoding="utf-8")
        require_writable(place, PAGE)
    assert place.read_text(encoding="utf-8") == ""


def test_write_durably__disk_is_full__leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    write_durably(tmp_path / "a", b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_durably(tmp_path / "a", b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"before"


def test_lock_file__link_in_its_place__says_to_remove_it(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadFile, match="remove it, or name the file it leads to"):
        lock_file(tmp_path / "lock")
    assert not (tmp_path / "elsewhere").exists()
