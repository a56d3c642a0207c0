"""The command line as a fixture."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.cli import Cli


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        tmp_path: Path) -> Iterator[Cli]:
    """The command line, leaving no signal handler behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Cli(monkeypatch, capsys, tmp_path)
    for number, handler in before.items():
        signal.signal(number, handler)
