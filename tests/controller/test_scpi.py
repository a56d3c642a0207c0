"""SCPI spelling, the status registers and the error queue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.scpi import (
    COMMAND_ERROR,
    DEVICE_ERROR,
    ERRORS,
    EXECUTION_ERROR,
    OPERATION_COMPLETE,
    POWER_ON,
    QUERY_ERROR,
    QUEUE_DEPTH,
    Status,
    error_text,
    event_bit,
    header_fits,
    short,
    spellings,
    split_unquoted,
    upper,
)

NO_ERROR = '0,"No error"'


@pytest.mark.parametrize("typed", ["SOUR:TEMP", "SOURCE:TEMPERATURE", "sour:temperature",
                                   "Source:Temp"])
def test_a_header_fits_in_short_or_long_form_and_any_case(typed: str) -> None:
    assert header_fits(typed, "SOURce:TEMPerature")


@pytest.mark.parametrize("typed", ["SOURC:TEMP", "SOU:TEMP", "SOUR:TEMP?", "SOUR", "TEMP", "",
                                   "SOUR::TEMP", "SOUR:TEMP:", "ſour:temp"])
def test_nothing_in_between_fits(typed: str) -> None:
    assert not header_fits(typed, "SOURce:TEMPerature")


def test_an_optional_part_may_be_left_out() -> None:
    assert spellings("SYSTem:ERRor[:NEXT]?") == ("SYSTem:ERRor?", "SYSTem:ERRor:NEXT?")
    assert header_fits("syst:err?", "SYSTem:ERRor[:NEXT]?")
    assert header_fits("syst:err:next?", "SYSTem:ERRor[:NEXT]?")


def test_the_short_form_is_the_capitals() -> None:
    assert short("SOURce:TEMPerature?") == "SOUR:TEMP?"
    assert short("*IDN?") == "*IDN?"
    assert short("TIP_B") == "TIP_B"


def test_case_is_that_of_ascii_on_every_interpreter() -> None:
    assert upper("ſtop °k") == "ſTOP °K"


def test_quotation_marks_protect_a_separator() -> None:
    assert split_unquoted('A "b;c" ; D \'e;"f\';', ";") == ['A "b;c"', "D 'e;\"f'", ""]
    assert split_unquoted('A "b;c', ";") == ['A "b;c']


def test_every_error_has_its_standard_text() -> None:
    for code, text in ERRORS:
        assert error_text(code) == text


@pytest.mark.parametrize(("code", "text"), [
    (-151, "Command error"), (-240, "Execution error"), (-310, "Device-specific error"),
    (-410, "Query error"), (7, "Device-specific error"), (-5, "Command error"),
    (-900, "Device-specific error"),
])
def test_an_error_without_a_text_has_that_of_its_hundreds(code: int, text: str) -> None:
    assert error_text(code) == text


@pytest.mark.parametrize(("code", "bit"), [
    (-113, COMMAND_ERROR), (-222, EXECUTION_ERROR), (-363, DEVICE_ERROR), (-410, QUERY_ERROR),
    (12, DEVICE_ERROR),
])
def test_an_error_sets_the_event_bit_of_its_class(code: int, bit: int) -> None:
    assert event_bit(code) == bit


def test_a_new_session_says_power_on_once() -> None:
    status = Status()
    assert status.take_events() == POWER_ON
    assert status.take_events() == 0


def test_errors_come_out_oldest_first_and_then_none() -> None:
    status = Status()
    status.put(-113, "blah")
    status.put(-222, "")
    assert status.take_error() == '-113,"Undefined header;blah"'
    assert status.take_error() == '-222,"Data out of range"'
    assert status.take_error() == NO_ERROR


def test_the_newest_entry_says_that_the_queue_overflowed() -> None:
    status = Status()
    for number in range(QUEUE_DEPTH + 3):
        status.put(-222, str(number))
    errors = [status.take_error() for _ in range(QUEUE_DEPTH)]
    assert errors[-2] == f'-222,"Data out of range;{QUEUE_DEPTH - 2}"'
    assert errors[-1] == '-350,"Queue overflow"'
    assert status.take_error() == NO_ERROR


def test_an_error_text_is_one_quoted_string_of_limited_length() -> None:
    status = Status()
    status.put(-113, 'say "hi" ' + "x" * 500)
    entry = status.take_error()
    assert entry.count('"') == 2
    assert len(entry) <= 255 + len('-113,""')


def test_the_event_summary_needs_its_mask() -> None:
    status = Status()
    status.take_events()
    status.complete()
    assert not status.byte(False) & 32
    status.event_mask = OPERATION_COMPLETE
    assert status.byte(False) & 32


def test_the_master_summary_needs_its_mask_and_cannot_mask_itself() -> None:
    status = Status()
    status.set_service_mask(255)
    assert status.service_mask == 191
    assert status.byte(False) == 0
    status.put(-113, "")
    assert status.byte(False) == 4 + 64


def test_a_waiting_message_shows_in_the_status_byte() -> None:
    assert Status().byte(True) == 16


def test_clear_forgets_events_and_errors_but_not_the_masks() -> None:
    status = Status()
    status.event_mask = 32
    status.set_service_mask(4)
    status.put(-113, "")
    status.clear()
    assert (status.take_error(), status.take_events(), status.byte(False)) == (NO_ERROR, 0, 0)
    assert (status.event_mask, status.service_mask) == (32, 4)


@given(st.lists(st.tuples(st.integers(-500, 100), st.text(max_size=300)), max_size=40))
def test_no_flood_of_errors_fills_the_queue_beyond_its_depth(
        errors: list[tuple[int, str]]) -> None:
    status = Status()
    for code, text in errors:
        status.put(code, text)
    assert len(status.errors) <= QUEUE_DEPTH
    assert 0 <= status.byte(True) <= 255
    assert 0 <= status.events <= 255
