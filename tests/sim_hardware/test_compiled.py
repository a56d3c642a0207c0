"""Machine code is kept where it can be, and never for other sources than it was made of."""

from pathlib import Path

import pytest

from sim_hardware import compiled


def room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "room").mkdir()
    (folder / "room" / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(compiled, "ROOM", folder / "room")
    monkeypatch.setattr(Path, "home", lambda: folder)
    return folder / "room"


def test_it_is_kept_beside_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = room(tmp_path, monkeypatch) / "__pycache__"
    assert Path(compiled._shelf()).parent == beside


def test_other_sources_get_another_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = room(tmp_path, monkeypatch)
    before = compiled._shelf()
    assert compiled._shelf() == before
    (folder / "a.py").write_text("A = 2\n")
    assert compiled._shelf() != before


def test_where_nothing_can_be_written_beside_the_home_is_taken_or_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room(tmp_path, monkeypatch) / "__pycache__").write_text("a file where a folder should be")
    assert Path(compiled._shelf()).parent == tmp_path / ".cache"
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "room" / "a.py")
    assert compiled._shelf() == ""


def test_compiled_code_and_the_python_it_was_made_of_agree() -> None:
    @compiled.compiled
    def root(value: float) -> float:
        return float(value**0.5)

    assert root(2.0) == compiled.plain(root)(2.0)
    assert compiled.plain(room) is room
