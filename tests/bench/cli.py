"""The `cryoprobe` command in this process: what it printed, and its exit code."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.__main__ import main

ROOT = Path(__file__).parents[2]


class Said(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


class Cli:
    """Call it with the words of a command line; it runs in a folder of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                 folder: Path) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)

    def __call__(self, *words: str) -> Said:
        self._monkeypatch.setattr(sys, "argv", ["cryoprobe", *words])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        captured = self._capsys.readouterr()
        return Said(code if isinstance(code, int) else 0, captured.out, captured.err)

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file beside, and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
