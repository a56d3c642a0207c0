"""`cryoprobe console`: an operator's terminal with history, completion and a live status line.

It decides nothing and knows no command's meaning: lines go to the controller, replies come back.
"""

import asyncio
import os
import socket
import sys
import termios
import tty
from collections import deque
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import NestedCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from controller.console import COMMANDS

CONNECT_S_MAX = 5.0
LOOK_S = 1.0  # between two looks at the status
REPLY_S_MAX = 5.0  # the controller gives an order up after 3 s, and says so
SILENT = "the controller does not answer"
# Words that show no plan: a start shall name what its operator asked to see, not what we asked.
LOOKED_AT = ("mode", "temp tip", "pressure supply", "trips")


class ConsoleError(Exception):
    """There is no controller at this address, or not any more."""


class Line:
    """Text lines to and from a controller. Raises ConsoleError when it is gone."""

    def __init__(self, address: str) -> None:
        self._address = address
        kind, _, rest = address.partition(":")
        try:
            if kind == "tcp":
                self._fd = _tcp(rest)
            elif kind in ("pty", "serial"):
                self._fd = _terminal(rest)
            else:
                raise ConsoleError(f"{address!r} is neither tcp:HOST:PORT, pty:LINK nor serial:DEV")
        except (OSError, ValueError, termios.error) as error:
            raise ConsoleError(f"{address}: cannot be opened: {error}") from None
        self._half = b""

    def fileno(self) -> int:
        """Return what tells that read() has something."""
        return self._fd

    def say(self, text: str) -> None:
        """Send one line."""
        try:
            os.write(self._fd, text.encode() + b"\n")
        except OSError as error:
            raise self._gone(str(error)) from None

    def read(self) -> list[str]:
        """Return the lines that are complete now; waits for the first byte."""
        try:
            data = os.read(self._fd, 65536)
        except OSError as error:
            raise self._gone(str(error)) from None
        if not data:
            raise self._gone("it was closed at the other end")
        *lines, self._half = (self._half + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def close(self) -> None:
        """Give it back."""
        os.close(self._fd)

    def _gone(self, why: str) -> ConsoleError:
        return ConsoleError(f"{self._address}: connection lost: {why}")


def _tcp(rest: str) -> int:
    host, _, port = rest.rpartition(":")
    connection = socket.create_connection((host, int(port)), CONNECT_S_MAX)
    connection.settimeout(None)
    return connection.detach()


def _terminal(path: str) -> int:
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    settings = termios.tcgetattr(fd)
    settings[4] = settings[5] = termios.B115200
    termios.tcsetattr(fd, termios.TCSANOW, settings)
    return fd


class Operator:
    """The terminal of one person: replies are told apart by their order, which the controller
    keeps."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._asked: deque[str] = deque()  # LOOKED_AT or "" for the person's own
        self._seen = dict.fromkeys(LOOKED_AT, "?")
        self._heard_s = 0.0
        self.lost: ConsoleError | None = None

    async def work(self) -> None:
        """Prompt until the person leaves or the connection is lost."""
        loop = asyncio.get_running_loop()
        session: PromptSession[str] = PromptSession(
            history=_history(), completer=_completer(), bottom_toolbar=self._toolbar)
        prompting = asyncio.current_task()
        assert prompting is not None

        def readable() -> None:
            try:
                self._hear(self._line.read(), loop.time())
                session.app.invalidate()
            except ConsoleError as error:
                self.lost = error
                loop.remove_reader(self._line.fileno())
                prompting.cancel()

        loop.add_reader(self._line.fileno(), readable)
        looking = asyncio.create_task(self._look())
        try:
            await self._prompt(session)
        except asyncio.CancelledError:
            if self.lost is None:
                raise
        finally:
            looking.cancel()
            loop.remove_reader(self._line.fileno())

    async def _prompt(self, session: "PromptSession[str]") -> None:
        while True:
            try:
                with patch_stdout():
                    text = await session.prompt_async("cryoprobe> ")
            except KeyboardInterrupt:
                text = "stop"
                sys.stdout.write("Ctrl-C: stop\n")
            except EOFError:
                return
            if text.strip():
                self._say(text, "")

    async def _look(self) -> None:
        while True:
            if not self._asked:
                for word in LOOKED_AT:
                    self._say(word, word)
            await asyncio.sleep(LOOK_S)

    def _say(self, text: str, asked: str) -> None:
        self._asked.append(asked)
        try:
            self._line.say(text)
        except ConsoleError as error:
            self.lost = error

    def _hear(self, lines: list[str], now_s: float) -> None:
        self._heard_s = now_s
        for text in lines:
            asked = self._asked.popleft() if self._asked else ""
            if asked:
                self._seen[asked] = text.removeprefix("OK ")
            else:
                print(text)

    def _toolbar(self) -> str:
        silent_s = asyncio.get_running_loop().time() - self._heard_s
        if silent_s > 2 * LOOK_S + REPLY_S_MAX:
            return f" {SILENT}"
        mode, tip, supply, trips = (self._seen[word] for word in LOOKED_AT)
        return f" {mode} | {tip} | {supply} | {trips} | Ctrl-C: stop, Ctrl-D: detach"


def attach(address: str) -> None:
    """Let a person, or a pipe on stdin, talk to the controller at `address`. Raises
    ConsoleError."""
    line = Line(address)
    try:
        if not sys.stdin.isatty():
            _relay(line)
            return
        operator = Operator(line)
        asyncio.run(operator.work())
        if operator.lost is not None:
            raise operator.lost
        print("detached; what runs goes on")
    finally:
        line.close()


def _relay(line: Line) -> None:
    """Say the lines of stdin one by one, each reply awaited. SCPI commands have none: send words,
    or queries."""
    for text in sys.stdin:
        if text.strip():
            line.say(text.strip())
            replies: list[str] = []
            while not replies:
                replies = line.read()
            print("\n".join(replies), flush=True)


def _completer() -> NestedCompleter:
    words: dict[str, dict[str, None] | None] = {}
    for row in COMMANDS:
        if row.word:
            words[row.word] = {choice.lower(): None for choice in row.choices} or None
        for header in (row.order, row.query):
            if header:
                words[header] = None
    words["help"] = {row.word: None for row in COMMANDS if row.word}
    return NestedCompleter.from_nested_dict(words)


def _history() -> History:
    folder = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "cryoprobe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(folder / "console_history"))
