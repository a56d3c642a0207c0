"""How SCPI is spelled, and one session's status registers and error queue.

It does not decide what a header does: console.py does. Sources: IEEE 488.2-1992 chapter 11
(registers), SCPI-99 volume 1 chapter 6 (headers) and volume 2 chapter 21.8 (errors).
"""

# Code and standard text. What a Reply may carry besides is named by its hundreds.
ERRORS = (
    (0, "No error"),
    (-100, "Command error"),
    (-101, "Invalid character"),
    (-104, "Data type error"),
    (-108, "Parameter not allowed"),
    (-109, "Missing parameter"),
    (-113, "Undefined header"),
    (-200, "Execution error"),
    (-221, "Settings conflict"),
    (-222, "Data out of range"),
    (-300, "Device-specific error"),
    (-350, "Queue overflow"),
    (-363, "Input buffer overrun"),
    (-365, "Time out error"),
    (-400, "Query error"),
)

# Bits of the standard event status register.
OPERATION_COMPLETE = 1
QUERY_ERROR = 4
DEVICE_ERROR = 8
EXECUTION_ERROR = 16
COMMAND_ERROR = 32
POWER_ON = 128

# Bits of the status byte.
ERROR_AVAILABLE = 4
MESSAGE_AVAILABLE = 16
EVENT_SUMMARY = 32
MASTER_SUMMARY = 64

NOT_A_NUMBER = "9.91E+37"  # SCPI-99 volume 1, 7.2.1.5
QUEUE_DEPTH = 16
ERROR_TEXT_MAX = 255  # SCPI-99 volume 2, 21.8.1: the description with its quoted detail
QUOTES = "\"'"


def upper(text: str) -> str:
    """Return `text` with a-z as A-Z and nothing else changed, as every interpreter does for bytes:
    str.upper makes an S of a long s on one and leaves it on the other."""
    return text.encode().upper().decode()


def lower(text: str) -> str:
    """Return `text` with A-Z as a-z and nothing else changed."""
    return text.encode().lower().decode()


def short(pattern: str) -> str:
    """Return the short form of a mnemonic or header: "SOURce:TEMPerature" -> "SOUR:TEMP"."""
    return "".join([letter for letter in pattern if not ("a" <= letter <= "z")])


def spellings(pattern: str) -> "tuple[str, ...]":
    """Return a header pattern with and without its optional part: "A[:B]?" -> "A?", "A:B?"."""
    before, bracket, rest = pattern.partition("[")
    if not bracket:
        return (pattern,)
    option, _, after = rest.partition("]")
    return (before + after, before + option + after)


def spelled(typed: str, pattern: str) -> bool:
    """Return whether `typed`, one mnemonic in any case, is the short or the long form."""
    return upper(typed) in (short(pattern), upper(pattern))


def header_fits(typed: str, pattern: str) -> bool:
    """Return whether the header `typed`, without leading colon, is a spelling of `pattern`."""
    if upper(typed[:1]) != pattern[:1]:
        return False  # most of the table; a flood of nonsense must not cost more than reading it
    typed_parts = typed.split(":")
    for spelling in spellings(pattern):
        parts = spelling.split(":")
        if len(parts) == len(typed_parts) and all(
                [spelled(typed_parts[index], parts[index]) for index in range(len(parts))]):
            return True
    return False


def split_unquoted(text: str, separator: str) -> "list[str]":
    """Return the parts of `text` between separators that are outside quotation marks, trimmed."""
    parts = []
    start = 0
    quote = ""
    for index in range(len(text)):
        letter = text[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES:
            quote = letter
        elif letter == separator:
            parts.append(text[start:index].strip(" "))
            start = index + 1
    parts.append(text[start:].strip(" "))
    return parts


def error_text(code: int) -> str:
    """Return the standard text of an error number, or that of its hundreds."""
    for known, text in ERRORS:
        if known == code:
            return text
    hundreds = -100 * max(1, -code // 100)
    for known, text in ERRORS:
        if known == hundreds and code < 0:
            return text
    return "Device-specific error"


def event_bit(code: int) -> int:
    """Return the bit of the standard event status register that an error of this number sets."""
    if -199 <= code <= -100:
        return COMMAND_ERROR
    if -299 <= code <= -200:
        return EXECUTION_ERROR
    if -499 <= code <= -400:
        return QUERY_ERROR
    return DEVICE_ERROR


class Status:
    """Status registers and error queue of one session."""

    def __init__(self) -> None:
        self.events = POWER_ON  # a new session knows nothing of what was set before
        self.event_mask = 0
        self.service_mask = 0
        self.errors: "list[str]" = []

    def put(self, code: int, detail: str) -> None:
        """Queue an error; when the queue is full its newest entry says so instead."""
        self.events |= event_bit(code)
        if len(self.errors) >= QUEUE_DEPTH:
            self.events |= DEVICE_ERROR
            self.errors[-1] = _entry(-350, "")
            return
        self.errors.append(_entry(code, detail))

    def take_error(self) -> str:
        """Return the oldest error and forget it."""
        return self.errors.pop(0) if self.errors else _entry(0, "")

    def take_events(self) -> int:
        """Return the standard event status register and clear it."""
        events = self.events
        self.events = 0
        return events

    def complete(self) -> None:
        """Everything ordered before is done."""
        self.events |= OPERATION_COMPLETE

    def clear(self) -> None:
        """Forget events and errors; the masks stay (IEEE 488.2, 10.3)."""
        self.events = 0
        self.errors = []

    def set_service_mask(self, mask: int) -> None:
        """Enable bits 0..255; bit 6 cannot be enabled (IEEE 488.2, 11.3.2)."""
        self.service_mask = mask & (255 - MASTER_SUMMARY)

    def byte(self, message_available: bool) -> int:
        """Return the status byte, 0..255, with the master summary in bit 6."""
        value = ERROR_AVAILABLE if self.errors else 0
        if message_available:
            value |= MESSAGE_AVAILABLE
        if self.events & self.event_mask:
            value |= EVENT_SUMMARY
        if value & self.service_mask:
            value |= MASTER_SUMMARY
        return value


def _entry(code: int, detail: str) -> str:
    text = error_text(code)
    if detail:
        text += ";" + detail.replace('"', "'")
    return str(code) + ',"' + text[:ERROR_TEXT_MAX] + '"'
