"""COMMANDS, and the Session that turns an operator's bytes into Commands and answers.

It does not decide whether an order is granted: core.py does. It opens nothing and keeps no time.
"""

from controller.arguments import (
    CHOICE,
    COUNT,
    DEGREES,
    FAULT,
    MASK,
    NAME,
    NONE,
    SECONDS,
    WORD,
    Row,
    help_text,
)
from controller.grammar import (
    BOTH,
    DONE,
    SCPI,
    SENT,
    WAITING,
    WORDS,
    Item,
    for_program,
    one_line,
)
from controller.line import Line
from controller.records import Command, Reply
from controller.replies import ANSWERS, TIMELESS
from controller.scpi import Status
from controller.view import View, stale

__all__ = ["COMMANDS", "Session", "View"]

COMMANDS = (
    Row("id", "", "*IDN?", "", NONE, (), "who this is: maker, body, serial number, version"),
    Row("status", "", "STATus:ALL?", "", NONE, (),
        "mode, phase, tip, target, time left, valve, supply, plan, trips"),
    Row("temp", "", "MEASure:TEMPerature?", "", CHOICE, ("TIP", "TIP_B", "SKIN"),
        "a temperature as it is sensed; 9.91E+37 when it is not known"),
    Row("pressure", "", "MEASure:PRESsure?", "", CHOICE, ("SUPPly", "EXHaust"),
        "a gauge pressure in kPa"),
    Row("flow", "", "MEASure:FLOW?", "", NONE, (), "gas flow in standard L/min"),
    Row("target", "SOURce:TEMPerature", "SOURce:TEMPerature?", "target", DEGREES, (),
        "set the target of every cycle, or show it"),
    Row("plan", "PLAN:LOAD", "PLAN?", "plan", NAME, (), "load a plan, or show the loaded one"),
    Row("mode", "", "SYSTem:MODE?", "", NONE, (), "the mode"),
    Row("precheck", "PRECheck", "", "precheck", NONE, (),
        "check before use: every interlock, leak, valve, a short freeze and thaw"),
    Row("freeze", "FREeze", "", "freeze", NONE, (),
        "start the loaded plan, as this console was last shown it"),
    Row("stop", "ABORt", "", "stop", NONE, (), "shut everything now; never refused"),
    Row("thaw", "THAW", "", "thaw", NONE, (), "supply shut, warm the tip"),
    Row("trips", "", "INTerlock:TRIPped?", "", NONE, (), "latched trips with their reasons"),
    Row("alarms", "", "ALARm:LIST?", "", NONE, (),
        "every alarm, the most urgent first, and what is left of a pause"),
    Row("pause", "ALARm:PAUSe", "ALARm:PAUSe?", "pause", SECONDS, (),
        "silence what sounds for up to 120 s, or show what is left; a new alarm ends it"),
    Row("dose", "", "MEASure:DOSE?", "", NONE, (),
        "freeze time, time below -20 °C, estimated radii of the ice"),
    Row("ack", "ALARm:ACKnowledge", "", "ack", NONE, (),
        "acknowledge every alarm: its sound ends; clears nothing"),
    Row("reset", "INTerlock:RESet", "", "reset", NONE, (),
        "clear acknowledged trips whose cause is gone; starts nothing"),
    Row("limits", "", "LIMits?", "", NONE, (), "every protecting number in force"),
    Row("interlocks", "", "INTerlock:LIST?", "", NONE, (), "every rule that must be proven"),
    Row("log", "", "LOG?", "", COUNT, (), "the last reasons, newest last"),
    Row("help", "", "HELP?", "", WORD, (), "what can be said, or what one word does"),
    Row("fault", "SIMulate:FAULt", "", "fault", FAULT, (),
        "do a fault to a simulated rig, or undo them all; refused on a real one"),
    Row("", "*CLS", "", "", NONE, (), "clear events and error queue"),
    Row("", "*ESE", "*ESE?", "", MASK, (), "mask of the standard event status register"),
    Row("", "", "*ESR?", "", NONE, (), "standard event status register; reading clears it"),
    Row("", "*OPC", "*OPC?", "", NONE, (), "say when every order before this one is answered"),
    Row("", "*RST", "", "stop", NONE, (), "the same as stop; starts nothing"),
    Row("", "*SRE", "*SRE?", "", MASK, (), "mask of the status byte"),
    Row("", "", "*STB?", "", NONE, (), "status byte"),
    Row("", "", "*TST?", "", NONE, (), "number of tripped interlocks, 0 when well"),
    Row("", "*WAI", "", "", NONE, (), "nothing: a session does one thing after the other"),
    Row("", "", "SYSTem:ERRor[:NEXT]?", "", NONE, (), "oldest error; taken from the queue"),
    Row("", "", "SYSTem:VERSion?", "", NONE, (), "the SCPI version this follows"),
)
SHOWS_REVISION = ("status", "plan", "target")  # a start needs one of these to have been read

LINES_WAITING_MAX = 64  # stop is passed on beyond it
STOPS_WAITING_MAX = 200  # items, counted with all others; later stops act but are not answered
ANSWER_MS_MAX = 3000  # longer than orders.START_LIFE_MS: what was given up cannot start any more


class Session:
    """One connection. `name` must be its own: replies find their way by it.

    One thing is done after the other: what is said after an order waits for its reply, so feed
    with b"" once after the answers of a tick. Only a stop overtakes; orders it overtakes are void.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = Status()
        self.line = Line(COMMANDS)
        self.items: "list[Item]" = []  # said and not answered, oldest first
        self.values: "list[str]" = []  # of the SCPI line that is being answered
        self.commands = 0  # passed on so far
        self.revision = -1  # last shown

    def feed(self, data: bytes, now_ms: int, view: View) -> "list[bytes | Command]":
        """Return what `data` and the time lead to, in order: bytes to send, Commands to put.

        Never raises, whatever the bytes are.
        """
        out: "list[bytes | Command]" = []
        for item in self.items:
            if item.state == SENT and now_ms - item.sent_ms > ANSWER_MS_MAX:
                item.done(-365, "control did not answer within " + str(ANSWER_MS_MAX)
                          + " ms; it may have acted: look at the status")
        self._go_on(out, now_ms, view)
        pieces = data.replace(b"\r", b"\n").split(b"\n")
        for index in range(len(pieces)):
            self._push(self.line.take(pieces[index]), out, now_ms)
            if index + 1 < len(pieces):
                self._push(self.line.end(), out, now_ms)
            self._go_on(out, now_ms, view)
        return out

    def answer(self, reply: Reply) -> bytes:
        """Return what the session sends now that the controller has answered a Command."""
        for item in self.items:
            if item.state == SENT and (reply.session, reply.number) == (self.name, item.number):
                item.done(reply.code, reply.text)
                self._note_revision(item, reply)
        return self._answers()

    # From bytes to items.

    def _push(self, items: "list[Item]", out: "list[bytes | Command]", now_ms: int) -> None:
        full = len(self.items) >= LINES_WAITING_MAX
        refused = ""
        for item in items:
            item.said_ms = now_ms
            item.revision = self.revision
            if item.command() == "stop":
                self._stop_now(item, out)
            elif full:
                refused = item.dialect
            else:
                self.items.append(item)
        if refused:
            self._count_refused(refused)

    def _count_refused(self, dialect: str) -> None:
        busy = self.items[-1]
        if not busy.lines:
            busy = Item(dialect, None, False)
            self.items.append(busy)
        if busy.dialect != dialect:
            busy.dialect = BOTH
        busy.lines += 1
        busy.done(-363, "busy: more than " + str(LINES_WAITING_MAX) + " lines wait, dropped "
                  + str(busy.lines))

    def _stop_now(self, stop: Item, out: "list[bytes | Command]") -> None:
        for item in self.items:
            # Else "freeze" typed before "stop" would be obeyed after it.
            if item.state == WAITING and item.command():
                item.done(-221, "not done: a stop came after it")
        self._send(stop, out, stop.said_ms)
        if len(self.items) < STOPS_WAITING_MAX:
            self.items.append(stop)

    # From items to Commands and answers.

    def _go_on(self, out: "list[bytes | Command]", now_ms: int, view: View) -> None:
        answers = self._answers()
        while self.items and self.items[0].state == WAITING:
            item = self.items[0]
            if item.asks:
                self._ask(item, now_ms, view)
            elif item.command():
                self._order(item, out, now_ms, view)
            else:
                self._set(item)
            answers += self._answers()
        if answers:
            out.append(answers)

    def _order(self, item: Item, out: "list[bytes | Command]", now_ms: int,
               view: View) -> None:
        if item.command() == "fault" and not view.simulated:
            item.done(-221, "faults are for simulated rigs; this one is real")
        else:
            self._send(item, out, now_ms)

    def _send(self, item: Item, out: "list[bytes | Command]", now_ms: int) -> None:
        item.state = SENT
        item.sent_ms = now_ms
        item.number = self.commands
        self.commands += 1
        out.append(Command(item.command(), item.argument, item.value, self.name, item.number,
                           item.revision, item.said_ms))

    def _ask(self, item: Item, now_ms: int, view: View) -> None:
        word = item.row.word or item.row.query if item.row is not None else ""
        for name, function, when_stale in ANSWERS:
            if name == word:
                silent = "" if when_stale == TIMELESS else stale(view, now_ms)
                if silent:
                    item.done(-221, silent, when_stale)
                    return
                text, bare = function(view, item.argument)
                item.done(0, text, bare)
                if word in SHOWS_REVISION:
                    self.revision = view.decision.revision
                return
        if word == "help":
            said = help_text(COMMANDS, item.argument)
            if said:
                item.done(0, said, said)
            else:
                item.done(-222, "no command is called " + item.argument + "; help lists them")
        else:
            item.done(0, "", self._own_value(word))

    def _own_value(self, header: str) -> str:
        status = self.status
        if header == "*ESE?":
            return str(status.event_mask)
        if header == "*ESR?":
            return str(status.take_events())
        if header == "*SRE?":
            return str(status.service_mask)
        if header == "*STB?":
            return str(status.byte(bool(self.values)))
        if header == "*OPC?":
            return "1"  # everything before it has been answered
        if header == "SYSTem:ERRor[:NEXT]?":
            return status.take_error()
        raise AssertionError("no answer to " + header)

    def _set(self, item: Item) -> None:
        header = item.row.order if item.row is not None else ""
        if header == "*CLS":
            self.status.clear()
        elif header == "*ESE":
            self.status.event_mask = int(item.value)
        elif header == "*SRE":
            self.status.set_service_mask(int(item.value))
        elif header == "*OPC":
            self.status.complete()
        item.done(0, "")

    def _note_revision(self, item: Item, reply: Reply) -> None:
        if reply.code or item.command() not in SHOWS_REVISION:
            return
        # The line for a person shows the plan; a program is shown nothing, but when nobody else
        # changed anything in between it knows what its own order made of what it had seen.
        if item.dialect == WORDS or self.revision == reply.revision - 1:
            self.revision = reply.revision

    def _answers(self) -> bytes:
        lines = ""
        while self.items and self.items[0].state == DONE:
            item = self.items.pop(0)
            if item.dialect != SCPI:
                said = "ERR " + str(item.code) + " " + item.text if item.code else (
                    "OK " + item.text)
                lines += one_line(said).strip(" ") + "\n"
            if item.dialect != WORDS and item.code:
                self.status.put(item.code, for_program(item.text))
            if item.bare and item.dialect == SCPI:
                self.values.append(for_program(item.bare))
            if item.last and self.values:
                lines += ";".join(self.values) + "\n"
                self.values = []
        return lines.encode()
