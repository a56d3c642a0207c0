"""The console: every command by word and by header, the order of answers, and any bytes at all."""

import itertools
import os
import subprocess
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.alarms import QUIET
from controller.arguments import FAULT, NAME, SECONDS, Row
from controller.console import (
    COMMANDS,
    LINES_WAITING_MAX,
    STOPS_WAITING_MAX,
    Session,
    View,
)
from controller.interlocks import INTERLOCKS
from controller.limits import LIMITS, limits_from
from controller.line import LINE_BYTES_MAX
from controller.orders import ORDERS
from controller.records import (
    NAN,
    NOT_FITTED,
    Alarm,
    Command,
    Course,
    Cycle,
    Decision,
    Plan,
    Reading,
    Reply,
    Sample,
    Trip,
)
from controller.scpi import short, spellings
from controller.treatment import plan_text
from tests.controller.given import Desk
from tests.house.files import ROOT, STAND_IN

NOW_MS = 50_000
HOLD = Course("hold", 2, 2, -60.0, False, 44.2, "")
PLAN = Plan("intercostal", (Cycle(-60.0, 120.0, "passive", 60.0, 0.0),) * 2)
NOT_BUILT = ("login", "logout", "service", "role", "pin", "engineer")


def sample(value: float) -> Sample:
    """Return a fresh and sound sample."""
    return Sample(value, 10, "")


READING = Reading(NOW_MS, 0, 0, sample(-60.12), sample(-59.9), NOT_FITTED, sample(4950.4),
                  sample(80.0), sample(12.5), sample(1.0), sample(24.0), sample(1.0), sample(1.0),
                  "", "", "")
DECISION = Decision(NOW_MS, "freeze", HOLD, -60.1, -0.1, 0.21, 0.0, True, False, 500, (), (), (),
                    QUIET, 20.0, 140.0, 110.0, 5.5, 3.2, 0, PLAN, 3, "hold", ())
VIEW = View(NOW_MS, READING, DECISION, limits_from(),
            ("tip_c", "tip_b_c", "supply_kpa", "exhaust_kpa", "flow_slpm", "estop"),
            ("intercostal", "short"), PLAN, "plan intercostal, revision 3, cycle 1: -60.0 °C",
            "sim", "0042", "0.1.0", True, ("started", "standby: stopped", "hold"))


def at_revision(revision: int) -> View:
    """Return a view of another revision."""
    return VIEW._replace(decision=DECISION._replace(revision=revision))


def said(out: list[bytes | Command]) -> str:
    """Return what was sent back."""
    return b"".join(item for item in out if isinstance(item, bytes)).decode()


def ordered(out: list[bytes | Command]) -> list[Command]:
    """Return the Commands that were put."""
    return [item for item in out if isinstance(item, Command)]


def ask(line: str, view: View = VIEW, now_ms: int = NOW_MS, session: Session | None = None) -> str:
    """Return the answer of a session to a line that orders nothing."""
    out = (session or Session("a")).feed(line.encode() + b"\n", now_ms, view)
    assert not ordered(out)
    return said(out)


def order(line: str, session: Session | None = None) -> Command:
    """Return the one Command that a line leads to, with nothing said yet."""
    out = (session or Session("a")).feed(line.encode() + b"\n", NOW_MS, VIEW)
    assert not said(out)
    assert len(ordered(out)) == 1
    return ordered(out)[0]


def errors(session: Session) -> list[str]:
    """Return what is in the error queue."""
    found = []
    while not (entry := ask("SYST:ERR?", session=session).strip()).startswith("0,"):
        found.append(entry)
    return found


def done(command: Command, code: int = 0, text: str = "done", revision: int = 3) -> Reply:
    """Return the controller's reply to a Command."""
    return Reply(command.session, command.number, code, text, revision)


def argument(row: Row) -> str:
    """Return an argument that the row takes."""
    return {"": "", "CHANNEL": row.choices[0] if row.choices else "", "°C": "-55.5",
            NAME: '"intercostal"', FAULT: '"tip_stuck,at=3"', "N": "2", "0..255": "32",
            SECONDS: "30", "WORD": "stop"}[row.argument]


def headers(pattern: str) -> set[str]:
    """Return the spellings of a header that must all be understood."""
    forms = [form for spelling in spellings(pattern) for form in (spelling, short(spelling))]
    return {variant for form in forms for variant in (form, form.upper(), form.lower())
            } | {":" + form for form in forms if form[0] != "*"}


# Every row of the table.


def check_word(row: Row) -> None:
    """The word asks, orders, or does both with and without an argument."""
    if row.query:
        answer = ask(row.word)
        assert answer.startswith("OK ")
        assert answer.count("\n") == 1
    if row.command:
        session = Session("a")
        command = order(f"{row.word} {argument(row)}", session)
        assert command.name == row.command
        assert session.answer(done(command)) == b"OK done\n"


def check_order_header(row: Row, header: str) -> None:
    """The header orders or sets, says nothing and queues nothing."""
    session = Session("a")
    if header == row.word:  # as a person says it
        return
    out = session.feed(f"{header} {argument(row)}\n".encode(), NOW_MS, VIEW)
    assert not said(out)
    assert [command.name for command in ordered(out)] == ([row.command] if row.command else [])
    for command in ordered(out):
        assert session.answer(done(command)) == b""
    assert errors(session) == []


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.word or row.order or row.query)
def test_every_command_answers(row: Row) -> None:
    if row.word:
        check_word(row)
    for header in headers(row.order) if row.order else ():
        check_order_header(row, header)
    for header in headers(row.query) if row.query else ():
        bare = ask(header)
        assert bare.count("\n") == 1
        assert len(bare) > 1
        assert not bare.startswith(("OK", "ERR"))
        assert bare.isascii()


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.word or row.order or row.query)
def test_every_command_refuses_an_argument_that_it_does_not_take(row: Row) -> None:
    if row.word and row.word != "stop":
        answer = ask(f'{row.word} a"b, c"d')
        assert answer.startswith("ERR -1")
        assert answer.count("\n") == 1


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.word or row.order or row.query)
def test_every_command_has_its_help(row: Row) -> None:
    answer = ask("help " + (row.word or row.order or row.query.replace("[:NEXT]", "")))
    assert answer.startswith("OK ")
    assert row.help in answer


def test_help_lists_every_word_and_nothing_that_is_not_built() -> None:
    listed = ask("help")[3:]
    for row in COMMANDS:
        if row.word:
            assert row.word in listed
            listed += ask("help " + row.word)
    words = listed.lower().replace(";", " ").replace(":", " ").split()
    assert not [word for word in NOT_BUILT if word in words]
    for word in NOT_BUILT:
        assert ask(word).startswith("ERR -113")


def test_the_orders_of_the_table_are_those_of_the_controller_and_the_simulator() -> None:
    commands = {row.command for row in COMMANDS if row.command}
    assert commands == {name for name, _ in ORDERS} | {"fault"}


# What is said.


def test_status_is_one_line_for_a_person() -> None:
    assert ask("status") == (
        "OK mode freeze, phase hold 2/2, tip -60.1 °C, target -60.0 °C, 45 s left, valve 0.21, "
        "supply 4950 kPa, plan intercostal rev 3, no trips\n")


def test_status_does_not_invent_what_is_not_known() -> None:
    idle = DECISION._replace(mode="standby", course=Course("", 0, 0, NAN, False, NAN, ""),
                             tip_c=NAN, valve_fraction=0.0, revision=0)
    view = VIEW._replace(decision=idle, plan=Plan("", ()),
                         reading=READING._replace(supply_kpa=Sample(5000.0, 10, "no reply")))
    assert ask("status", view) == (
        "OK mode standby, tip not known, valve 0.00, supply not known, no plan rev 0, no trips\n")


def test_status_tells_the_heater_and_what_tripped() -> None:
    view = VIEW._replace(decision=DECISION._replace(
        mode="fault", heater_fraction=0.5, tripped=(Trip("tip_cold", "x"), Trip("estop", "y"))))
    assert "valve 0.21, heater 0.50, supply" in ask("status", view)
    assert "tripped: tip_cold, estop" in ask("status", view)


def test_identity_has_four_fields() -> None:
    assert ask("*IDN?") == "cryoprobe,sim,0042,0.1.0\n"
    assert ask("id") == "OK cryoprobe,sim,0042,0.1.0\n"


@pytest.mark.parametrize(("line", "answer"), [
    ("temp", "OK tip -60.1 °C"), ("temp tip_b", "OK tip_b -59.9 °C"),
    ("pressure", "OK supply 4950 kPa"), ("pressure exhaust", "OK exhaust 80.0 kPa"),
    ("flow", "OK flow 12.50 L/min"), ("MEAS:TEMP?", "-60.12"), ("MEAS:TEMP? TIP_B", "-59.90"),
    ("MEAS:PRES? SUPP", "4950.4"), ("MEAS:PRES? exhaust", "80.0"), ("MEAS:FLOW?", "12.50"),
])
def test_a_measurement_is_given_with_its_unit_to_a_person_and_bare_to_a_program(
        line: str, answer: str) -> None:
    assert ask(line) == answer + "\n"


@pytest.mark.parametrize("broken", [
    Sample(NAN, 10, ""), Sample(-60.0, 10, "open circuit"), Sample(-60.0, 301, ""), NOT_FITTED,
    Sample(9.91e37, 10, ""), Sample(float("-inf"), 10, ""), Sample(-60.0, -1, ""),
])
def test_a_value_that_is_not_known_is_not_a_number(broken: Sample) -> None:
    view = VIEW._replace(reading=READING._replace(tip_c=broken))
    assert ask("MEAS:TEMP?", view) == "9.91E+37\n"
    assert ask("temp", view).startswith("OK tip 9.91E+37 (")
    assert broken.fault in ask("temp", view)


def test_the_target_is_that_of_the_running_cycle() -> None:
    cycles = (PLAN.cycles[0], PLAN.cycles[1]._replace(target_c=-45.0))
    view = VIEW._replace(plan=Plan("intercostal", cycles))
    assert ask("SOUR:TEMP?", view) == "-45.00\n"
    assert ask("target", view) == "OK target -60.0 °C, then -45.0 °C, plan intercostal rev 3\n"


def test_without_a_plan_there_is_no_target_and_the_plans_are_listed() -> None:
    view = VIEW._replace(plan=Plan("", ()), decision=DECISION._replace(revision=0))
    assert ask("SOUR:TEMP?", view) == "9.91E+37\n"
    assert ask("target", view) == "OK no target, no plan rev 0\n"
    assert ask("plan", view) == "OK no plan; there are: intercostal, short\n"


def test_trips_tell_their_reason_and_whether_they_were_seen() -> None:
    view = VIEW._replace(decision=DECISION._replace(
        tripped=(Trip("estop", "e-stop open"), Trip("tip_cold", "tip -91.2 °C")),
        alarms=(Alarm("estop", "high", "", True), Alarm("tip_cold", "high", "", False))))
    assert ask("trips", view) == ("OK estop: e-stop open, acknowledged; "
                                  "tip_cold: tip -91.2 °C, not acknowledged\n")
    assert ask("*TST?", view) == "2\n"


def test_limits_are_those_in_force() -> None:
    view = VIEW._replace(limits=limits_from((("tip_c_min", -85.0),)))
    items = ask("LIM?", view).strip().split("; ")
    assert len(items) == len(LIMITS)
    assert items[0] == "tip_c_min -85.0 degC, tip floor"


def test_interlocks_tell_which_the_rig_cannot_serve() -> None:
    items = ask("INT:LIST?").strip().split("; ")
    assert len(items) == len(INTERLOCKS)
    assert "tip_cold: tip at least -90.0 degC, else shut" in items
    assert ("tip_disagree: tip sensors differ by at most 3.0 degC for 1000 ms, else shut"
            in items)
    assert "estop: e-stop is clear, else shut" in items
    assert "skin_sensor: not served, the rig has no skin_c" in items


def test_the_log_gives_the_last_reasons() -> None:
    assert ask("log 2") == "OK standby: stopped; hold\n"
    assert ask("log 100") == "OK started; standby: stopped; hold\n"
    assert ask("log", VIEW._replace(recent=())) == "OK nothing yet\n"


@pytest.mark.parametrize("count", ["0", "101", "-1", "1e9", "1e999"])
def test_the_log_has_bounds(count: str) -> None:
    assert ask("log " + count).startswith("ERR -222 ")


def test_nothing_in_a_reply_can_end_its_line() -> None:
    assert ask("log", VIEW._replace(recent=("a\r\nOK b\x85",))) == "OK a  OK b\n"


# No stale number.


def test_a_view_of_one_second_is_shown_and_an_older_one_is_not() -> None:
    assert ask("MEAS:TEMP?", now_ms=NOW_MS + 1000) == "-60.12\n"
    assert ask("MEAS:TEMP?", now_ms=NOW_MS + 1001) == "9.91E+37\n"


@pytest.mark.parametrize("part", ["now_ms", "reading", "decision"])
def test_the_oldest_part_of_a_view_counts(part: str) -> None:
    old = {"now_ms": 0, "reading": READING._replace(now_ms=0),
           "decision": DECISION._replace(now_ms=0)}[part]
    assert ask("status", VIEW._replace(**{part: old})) == (
        "ERR -221 no fresh data, control has been silent for 50000 ms\n")


@pytest.mark.parametrize("row", [row for row in COMMANDS if row.query],
                         ids=lambda row: row.query)
def test_a_stale_view_gives_no_measured_value_and_an_error(row: Row) -> None:
    session = Session("a")
    session.status.take_events()
    answer = ask(row.query.replace("[:NEXT]", ""), now_ms=NOW_MS + 1234, session=session)
    if row.word in ("id", "limits", "interlocks", "help") or (
            row.query in ("SYSTem:VERSion?", "SYSTem:ERRor[:NEXT]?", "*OPC?", "*ESR?", "*ESE?",
                          "*SRE?", "*STB?")):
        assert errors(session) == []
    else:
        assert answer in ("9.91E+37\n", '""\n', "-1\n")
        assert errors(session) == [
            '-221,"Settings conflict;no fresh data, control has been silent for 1234 ms"']


# What is understood.


@pytest.mark.parametrize("line", ["temp", "  temp", "temp\t", "Temp", "TEMP", "temp \t tip",
                                  "temp TIP"])
def test_words_may_be_written_in_any_case_and_with_blanks(line: str) -> None:
    assert ask(line) == "OK tip -60.1 °C\n"


def test_a_header_in_capitals_that_is_a_word_as_well_is_a_header() -> None:
    session = Session("a")
    assert session.answer(done(order("THAW", session))) == b""
    assert session.answer(done(order("thaw", session))) == b"OK done\n"


@pytest.mark.parametrize("line", ["target -60", "target -60.0", "target -6e1", "target -60 °C",
                                  "target -60C", "SOUR:TEMP -60", ":sour:temp -60 CEL"])
def test_a_temperature_is_a_number_with_or_without_its_unit(line: str) -> None:
    assert order(line).value == -60.0


@pytest.mark.parametrize("text", ["nan", "inf", "cold", "1_0", "-", "--1", "1e", "6٠", "0x10",
                                  "-60 K", "-60 kPa", "-60 -61", "C"])
def test_what_is_not_a_number_is_no_temperature(text: str) -> None:
    assert ask("target " + text).startswith("ERR -104 ")


@pytest.mark.parametrize(("line", "text"), [
    ("plan intercostal", "intercostal"), ('plan "intercostal"', "intercostal"),
    ("PLAN:LOAD 'a-b_1'", "a-b_1"), ("PLAN intercostal", "intercostal"),
    ("fault tip_stuck,at=3", "tip_stuck,at=3"), ("fault clear", "clear"),
    ('SIM:FAUL "tip_drift, rate=0.5"', "tip_drift, rate=0.5"),
])
def test_names_may_be_quoted(line: str, text: str) -> None:
    assert order(line).text == text


@pytest.mark.parametrize(("line", "error"), [
    ("NOTHING:LIKE:THIS 3", '-113,"Undefined header;'), ("SOUR:TEMP", '-109,"Missing parameter;'),
    ("SOUR:TEMP 1,2", '-108,"Parameter not allowed;'), ("SOUR:TEMP warm", '-104,"Data type error;'),
    ("FREeze now", '-108,"Parameter not allowed;'), ("*ESE 256", '-222,"Data out of range;'),
    ("MEAS:TEMP? NOSE", '-104,"Data type error;'), ("SOUR:TEMP? 3", '-108,"'),
    ("PLAN:LOAD", '-109,"'), ('PLAN:LOAD "a', '-104,"'), ("PLAN:LOAD a b", '-104,"'),
    ("?", '-113,'), (":", '-113,'), ("*", '-113,'), ("HELP? NOTHING", '-222,"'),
])
def test_an_error_of_a_program_goes_to_the_queue_and_nothing_is_said(
        line: str, error: str) -> None:
    session = Session("a")
    assert ask(line, session=session) == ""
    queue = errors(session)
    assert len(queue) == 1
    assert queue[0].startswith(error)


def test_a_refused_order_of_a_program_tells_why_in_the_queue() -> None:
    session = Session("a")
    command = order("SOUR:TEMP -120", session)
    why = "target -120.0 °C is outside -80.0..-10.0 °C"
    assert session.answer(done(command, -222, why)) == b""
    assert errors(session) == [f'-222,"Data out of range;{why.replace("°C", "degC")}"']


def test_a_refused_order_of_a_person_tells_why_at_once() -> None:
    session = Session("a")
    command = order("target -120", session)
    assert session.answer(done(command, -222, "too cold")) == b"ERR -222 too cold\n"
    assert errors(session) == []


def test_a_line_of_which_nobody_can_tell_the_dialect_is_answered_and_queued() -> None:
    session = Session("a")
    assert ask("statsu", session=session).startswith("ERR -113 no command is called statsu")
    assert len(errors(session)) == 1


def test_headers_are_chained_with_semicolons_and_answered_in_one_line() -> None:
    assert ask("MEAS:TEMP?;PRES? EXH;:SYST:MODE?;*OPC?;MODE?;STAT:ALL?;*STB?").startswith(
        "-60.12;80.0;freeze;1;freeze;mode freeze,")


def test_an_order_in_a_chain_holds_up_what_follows_it() -> None:
    session = Session("a")
    command = order('PLAN:LOAD "short";*OPC?', session)
    assert session.answer(done(command)) == b""
    assert said(session.feed(b"", NOW_MS, VIEW)) == "1\n"


def test_registers_are_set_and_read() -> None:
    session = Session("a")
    assert ask("*CLS;*ESE 33;*ESE?;*SRE 255;*SRE?;*ESR?", session=session) == "33;191;0\n"
    assert ask("*OPC;*STB?;*ESR?;*ESR?", session=session) == "96;1;0\n"
    assert ask("*WAI;*CLS;*STB?", session=session) == "0\n"


def test_faults_are_refused_on_a_real_rig() -> None:
    view = VIEW._replace(simulated=False)
    assert ask("fault tip_stuck", view) == (
        "ERR -221 faults are for simulated rigs; this one is real\n")
    assert ask("SIM:FAUL clear", view) == ""


def test_a_reset_by_a_program_stops_and_does_nothing_else() -> None:
    assert order("*RST").name == "stop"


# Stop.


@pytest.mark.parametrize("line", [
    b"stop", b"STOP", b"  stop\t", b"stop now!!", b"stop!", b"stop\xff\x00\xfe", b"Stopp",
    b"\xff\x00stop", b":stop", b"ABOR", b"ABORt", b":abort", b"abor now", b"ABOR \xff",
    b"ABOR;ABOR", b"*CLS;ABOR", b"SOUR:TEMP -60;:ABORT", b"freeze;stop", b"stop" + b"x" * 1000,
    b"abort" + b"\xff" * 1000, b"ABOR;freeze", b"mode;stop", b"please stop", b">>> stop", b"'stop'",
    b"\x1b[Astop", b"\xe9;stop", b'PLAN:LOAD "a;stop', b"STAT:ALL?;stop\xff", b"temp stop",
    b"mode;" * 60 + b"stop", b"\x00" * 300 + b"STOP", b"x" * 254 + b"stop",
    b"freeze " * 99 + b"abor",
])
def test_stop_is_understood_whatever_is_around_it(line: bytes) -> None:
    out = Session("a").feed(line + b"\r\n", NOW_MS, VIEW)
    assert {command.name for command in ordered(out)} == {"stop"}


@pytest.mark.parametrize("line", ["help stop", "HELP? STOP"])
def test_a_question_about_stop_is_no_stop(line: str) -> None:
    assert "never refused" in ask(line)


def test_a_stop_in_a_line_that_is_too_long_is_obeyed_once() -> None:
    session = Session("a")
    out: list[bytes | Command] = []
    for _ in range(1000):
        out += session.feed(b"x" * 99 + b"stop", NOW_MS, VIEW)
    assert [command.name for command in ordered(out)] == ["stop"]
    assert said(out) == ""


def test_stop_overtakes_what_waits_and_voids_the_orders_among_it() -> None:
    session = Session("a")
    first = order("target -50", session)
    assert session.feed(b"mode\nfreeze\n", NOW_MS, VIEW) == []
    stop = order("stop", session)
    assert session.answer(done(stop, text="stopped")) == b""
    assert session.answer(done(first)) == b"OK done\n"
    assert session.feed(b"", NOW_MS, VIEW) == [
        b"OK freeze\nERR -221 not done: a stop came after it\nOK stopped\n"]


def test_stop_passes_when_too_much_waits() -> None:
    session = Session("a")
    order("ack", session)
    session.feed(b"mode\n" * 500, NOW_MS, VIEW)
    assert order("stop", session).name == "stop"
    assert order("*CLS;ABOR;*OPC?", session).name == "stop"


def test_stop_is_passed_each_time_however_often() -> None:
    session = Session("a")
    out = session.feed(b"stop\n" * 1000, NOW_MS, VIEW)
    assert len(ordered(out)) == 1000
    assert len(session.items) <= STOPS_WAITING_MAX


# The order of answers.


def test_a_question_waits_for_the_order_before_it() -> None:
    session = Session("a")
    command = order("plan short", session)
    assert session.feed(b"mode\n", NOW_MS, VIEW) == []
    assert session.answer(done(command)) == b"OK done\n"
    assert session.feed(b"", NOW_MS, VIEW) == [b"OK freeze\n"]


def test_orders_go_one_after_the_other() -> None:
    session = Session("a")
    first, *none = ordered(session.feed(b"plan short\nprecheck\n", NOW_MS, VIEW))
    assert not none
    session.answer(done(first))
    out = session.feed(b"", NOW_MS + 100, VIEW)
    assert [command.name for command in ordered(out)] == ["precheck"]
    assert ordered(out)[0].issued_ms == NOW_MS


def test_a_reply_to_another_is_not_said_here() -> None:
    session = Session("a")
    command = order("thaw", session)
    assert session.answer(done(command)._replace(session="b")) == b""
    assert session.answer(done(command)._replace(number=99)) == b""
    assert session.answer(done(command)) == b"OK done\n"
    assert session.answer(done(command)) == b""


def test_too_many_waiting_lines_are_refused_in_one_answer() -> None:
    session = Session("a")
    command = order("ack", session)
    out = session.feed(b"mode\nSYST:MODE?\n" * 500, NOW_MS, VIEW)
    assert out == []
    assert len(session.items) <= LINES_WAITING_MAX + 1
    session.answer(done(command))
    lines = said(session.feed(b"", NOW_MS, VIEW)).splitlines()
    assert len(lines) == LINES_WAITING_MAX
    assert lines[-1] == "ERR -363 busy: more than 64 lines wait, dropped 937"
    assert errors(session) == [
        '-363,"Input buffer overrun;busy: more than 64 lines wait, dropped 937"']


def test_control_that_does_not_answer_does_not_hold_the_console_for_ever() -> None:
    session = Session("a")
    command = order("precheck", session)
    assert session.feed(b"id\n", NOW_MS + 3000, VIEW) == []
    answer = said(session.feed(b"", NOW_MS + 3001, VIEW))
    assert answer.startswith("ERR -365 control did not answer within 3000 ms")
    assert answer.endswith("\nOK cryoprobe,sim,0042,0.1.0\n")
    assert session.answer(done(command)) == b""


# The revision rule.


def test_a_fresh_session_was_shown_nothing() -> None:
    assert order("freeze").revision == -1


@pytest.mark.parametrize("line", ["status", "plan", "target", "STAT:ALL?", "PLAN?", "SOUR:TEMP?"])
def test_a_start_carries_the_revision_that_was_shown(line: str) -> None:
    session = Session("a")
    ask(line, at_revision(7), session=session)
    assert order("freeze", session).revision == 7


@pytest.mark.parametrize("line", ["mode", "temp", "help", "trips", "limits", "MEAS:TEMP?", "log"])
def test_other_questions_show_no_revision(line: str) -> None:
    session = Session("a")
    ask(line, session=session)
    assert order("freeze", session).revision == -1


def test_a_stale_answer_shows_no_revision() -> None:
    session = Session("a")
    ask("status", now_ms=NOW_MS + 5000, session=session)
    assert order("freeze", session).revision == -1


@pytest.mark.parametrize("line", ["plan short", "target -50"])
def test_the_reply_to_a_person_shows_the_revision(line: str) -> None:
    session = Session("a")
    session.answer(done(order(line, session), revision=9))
    assert order("FREeze", session).revision == 9


@pytest.mark.parametrize("line", ['PLAN:LOAD "short"', "SOUR:TEMP -50"])
@pytest.mark.parametrize(("seen", "after", "carried"), [(7, 8, 8), (6, 8, 6), (-1, 1, -1)])
def test_a_program_knows_what_it_ordered_only_when_it_knew_what_was_before(
        line: str, seen: int, after: int, carried: int) -> None:
    session = Session("a")
    if seen >= 0:
        ask("PLAN?", at_revision(seen), session=session)
    session.answer(done(order(line, session), revision=after))
    assert order("FREeze", session).revision == carried


def test_a_refused_order_shows_no_revision() -> None:
    session = Session("a")
    session.answer(done(order("target -120", session), -222, "too cold", revision=9))
    assert order("freeze", session).revision == -1


def test_a_start_carries_what_was_shown_when_it_was_typed() -> None:
    session = Session("a")
    ask("status", at_revision(3), session=session)
    command = ordered(session.feed(b"target -50\nfreeze\n", NOW_MS, at_revision(3)))[0]
    session.answer(done(command, revision=9))  # others changed it meanwhile
    assert ordered(session.feed(b"", NOW_MS, at_revision(9)))[0].revision == 3


class Bench:
    """Sessions at a controller, as an owner of both runs them: one tick per call."""

    def __init__(self, *names: str) -> None:
        self.desk = Desk()
        self.sessions = [Session(name) for name in names]
        self.waiting: list[Command] = []
        self.tick()

    def tick(self) -> list[bytes]:
        """Return what each session says in this tick."""
        decision = self.desk.tick(*self.waiting)
        self.waiting = []
        spoken = [b"".join(session.answer(reply) for reply in decision.replies)
                  for session in self.sessions]
        return [before + self.say(index) for index, before in enumerate(spoken)]

    def say(self, index: int, data: bytes = b"") -> bytes:
        """Return what is said at once to what session `index` types."""
        out = self.sessions[index].feed(data, self.desk.now_ms, self.view())
        self.waiting += ordered(out)
        return said(out).encode()

    def view(self) -> View:
        """Return the view of the last decision."""
        controller = self.desk.controller
        assert self.desk.last is not None
        return VIEW._replace(
            now_ms=self.desk.now_ms, reading=READING._replace(now_ms=self.desk.now_ms),
            decision=self.desk.last, plan=controller.treatment.plan,
            plan_text=plan_text(controller.treatment.plan, controller.revision))

    def order(self, index: int, data: bytes) -> str:
        """Return the answer of the next tick to what session `index` types."""
        assert self.say(index, data) == b""
        return self.tick()[index].decode()


def bench_ready() -> Bench:
    """Return two desks at a controller that is ready with plan `two`."""
    bench = Bench("a", "b")
    bench.order(0, b"plan two\n")
    bench.order(0, b"precheck\n")
    while bench.say(0, b"mode\n") == b"OK precheck\n":
        bench.tick()
    assert bench.say(0, b"mode\n") == b"OK ready\n"
    return bench


def test_a_start_by_one_who_was_shown_the_plan_is_granted() -> None:
    assert bench_ready().order(0, b"freeze\n").startswith("OK freeze: plan two")


def test_a_start_after_another_console_changed_the_target_is_refused() -> None:
    bench = bench_ready()
    assert bench.order(1, b"target -70\n").startswith("OK plan two")
    assert bench.order(0, b"freeze\n").startswith("ERR -221 you were last shown revision 1, now")
    assert b"rev 2" in bench.say(0, b"status\n")
    assert bench.order(0, b"freeze\n").startswith("OK freeze:")


# Any bytes.

LINES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([(name + tail).encode() for row in COMMANDS
                     for name in (row.word, row.order, row.query) if name
                     for tail in ("", " 5", ' "x"')]),
    st.text(max_size=20).map(str.encode),
    st.sampled_from([b"x" * 257, b"x" * 300, b"*CLS;*OPC?;*IDN?", b"stop", b"stop!!", b"a\rb"]),
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n", b""])
STREAMS = st.lists(st.tuples(LINES, ENDS), max_size=30).map(
    lambda parts: b"".join(itertools.chain.from_iterable(parts)))


def run(data: bytes, cuts: list[int]) -> tuple[str, list[Command]]:
    """Return all that a session says and puts for `data`, cut into pieces at `cuts`."""
    session = Session("a")
    out: list[bytes | Command] = []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in zip(edges, edges[1:], strict=False):
        out += session.feed(data[start:end], NOW_MS, VIEW)
        assert len(session.line.held) <= LINE_BYTES_MAX
    return said(out), [command._replace(value=0.0) for command in ordered(out)]


@given(STREAMS, st.lists(st.integers(0, 400), max_size=20))
def test_it_does_not_matter_how_the_bytes_are_cut(data: bytes, cuts: list[int]) -> None:
    assert run(data, cuts) == run(data, [])


@given(STREAMS)
def test_no_order_comes_of_what_was_not_typed(data: bytes) -> None:
    spoken, commands = run(data, [])
    lines = data.lower().replace(b"\r", b"\n").split(b"\n")
    for command in commands:
        row = next(row for row in COMMANDS if row.command == command.name)
        ways = [[row.word], short(row.order).split(":"),
                ["*rst" if command.name == "stop" else row.word]]
        assert any(all(part.lower().encode() in line for part in way)
                   for way in ways for line in lines)
    assert len(spoken) <= 3000 * (len(lines) + data.count(b";"))


@given(STREAMS)
def test_stop_after_any_line_stops(data: bytes) -> None:
    session = Session("a")
    session.feed(data + b"\n", NOW_MS, VIEW)
    assert order("stop", session).name == "stop"


# Half a line to which "stop" is an argument, or that is a stop already.
TAKES_STOP = (b"stop", b"abor", b"help", b"plan", b"sim", b"fault")


@given(st.lists(st.binary(max_size=600), max_size=20), st.booleans())
def test_stop_after_any_bytes_stops_even_in_the_middle_of_a_line(
        chunks: list[bytes], answers: bool) -> None:
    assume(not any(word in b"".join(chunks).lower() for word in TAKES_STOP))
    session = Session("a")
    for chunk in chunks:
        for command in ordered(session.feed(chunk, NOW_MS, VIEW)):
            if answers:
                session.answer(done(command))
    assert [command.name for command in ordered(session.feed(b"stop\n", NOW_MS, VIEW))] == ["stop"]


@given(st.lists(st.tuples(STREAMS, st.booleans()), max_size=10))
def test_any_conversation_stays_bounded(
        turns: list[tuple[bytes, bool]]) -> None:
    session = Session("a")
    open_commands: list[Command] = []
    for data, answers in turns:
        open_commands += ordered(session.feed(data, NOW_MS, VIEW))
        if answers:
            for command in open_commands:
                session.answer(done(command))
            open_commands = ordered(session.feed(b"", NOW_MS, VIEW))
        assert len(session.items) <= STOPS_WAITING_MAX + LINE_BYTES_MAX


def test_a_line_of_a_megabyte_is_dropped_to_its_end_and_answered_once() -> None:
    session = Session("a")
    out: list[bytes | Command] = []
    for _ in range(256):
        out += session.feed(b"freeze " * 585, NOW_MS, VIEW)
    assert out == [b"ERR -363 a line is longer than 256 bytes; dropped\n"]
    assert len(session.line.held) < LINE_BYTES_MAX
    assert ask("freeze\nmode", session=session) == "OK freeze\n"


def test_a_line_may_be_just_as_long_as_the_limit() -> None:
    assert ask("mode" + " " * (LINE_BYTES_MAX - 4)) == "OK freeze\n"
    assert ask("mode" + " " * (LINE_BYTES_MAX - 3)).startswith("ERR -363 ")


def test_binary_is_answered_with_an_error() -> None:
    for line in (b"\xff\xfe", b"mode\x00", b"\x1b[A", b"caf\xe9"):
        assert said(Session("a").feed(line + b"\n", NOW_MS, VIEW)).startswith("ERR -101 ")


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\n\r", b"\r\n\r\n"])
def test_every_line_end_ends_one_line(end: bytes) -> None:
    out = Session("a").feed(b"mode" + end + b"  " + end + b"mode" + end, NOW_MS, VIEW)
    assert said(out) == "OK freeze\nOK freeze\n"


def test_half_a_line_waits() -> None:
    session = Session("a")
    assert session.feed(b"mo", NOW_MS, VIEW) == []
    assert said(session.feed(b"de\n", NOW_MS, VIEW)) == "OK freeze\n"


# The same on the board.

TRANSCRIPT = (
    b"id\nstatus\ntemp\ntemp skin\npressure exhaust\nflow\ntarget\nplan\ntrips\nlimits\n",
    b"interlocks\nlog 2\nhelp\nhelp target\nblah\nBLAH\ncaf\xe9\n\xff\n\xc3\xa9\nmode\x00\n",
    b"target 1e\ntarget nan\ntarget 1_0\ntarget --1\nlog 1e999\nTARGET\nfault\nplan a b\n",
    b"MEAS:TEMP? SKIN;PRES?;:SYST:MODE?;STAT:ALL?;*STB?\n*ESE 256\n*ESE 32.4;*ESE?;*ESR?\n",
    b"SYST:ERR?;ERR?;ERR?;ERR?\n" * 4 + b"x" * 300 + b"\nmo", b"de\r\n",
    b"freeze\nstatus\ntarget -55.55 C\n\xff stop it \xfe\nABOR;*OPC?\n" + b"mode\n" * 70,
)
SCRIPT = f"""
from controller.alarms import QUIET
from controller.console import Session, View
from controller.limits import limits_from
from controller.records import *
nan = NAN
def shown(value):
    return value.decode() if isinstance(value, bytes) else [str(part) for part in value]
view = View({NOW_MS}, Reading({NOW_MS}, 0, 0, Sample(-60.12, 10, ""), Sample(-59.9, 10, ""),
            NOT_FITTED, Sample(4950.4, 10, ""), Sample(80.0, 10, ""), Sample(9.91e37, 10, ""),
            Sample(1.0, 10, ""), Sample(24.0, 10, ""), Sample(0.0, 10, ""), Sample(1.0, 10, ""),
            "", "", ""), None, limits_from(), ("tip_c", "supply_kpa"), ("two",),
            Plan("two", (Cycle(-60.0, 5.0, "passive", 1.0, 0.0),)), "plan two", "sim", "0042",
            "0.1.0", False, ("one", "two"))
decision = Decision({NOW_MS}, "hold", Course("hold", 1, 1, -60.0, False, 44.3, ""), -60.1, 0.0,
                    0.215, 0.0, True, False, 500, (Trip("estop", "open"),), (), (), QUIET,
                    1.0, 1.0, 0.5, 2.5, 1.5, 0, view[6], 3, "", ())
view = View(*(view[:2] + (decision,) + view[3:]))
session = Session("a")
for data in {TRANSCRIPT!r}:
    for item in session.feed(data, {NOW_MS}, view):
        print(shown(item))
for number in (1, 0, 2):
    print(shown(session.answer(Reply("a", number, 0, "done", 3))))
for now_ms in ({NOW_MS}, {NOW_MS} + 2000, {NOW_MS} + 4000):
    for item in session.feed(b"status\\nSTAT:ALL?\\n*TST?\\nSYST:ERR?\\n", now_ms, view):
        print(shown(item))
"""


@pytest.mark.micropython
def test_micropython_says_the_same(micropython: str) -> None:
    spoken = [subprocess.run([program, "-c", SCRIPT], capture_output=True, check=True, cwd=ROOT,
                             env={**os.environ, variable: os.pathsep.join(paths)}).stdout
              for program, variable, paths in (
                  (sys.executable, "PYTHONPATH", [str(ROOT)]),
                  (micropython, "MICROPYPATH", [str(ROOT / STAND_IN), str(ROOT)]))]
    assert spoken[0].decode() == spoken[1].decode()
    assert spoken[0].count(b"\n") > 50
