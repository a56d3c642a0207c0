"""What hardware can do wrong, named so that a person knows which cable to look at.

It does not decide what a failure means for a treatment: the interlocks do.
"""


class HalError(Exception):
    """A device did not do its part. The text names device, what came and what was expected."""


class NotConnected(HalError):
    """The port cannot be opened or is gone."""


class NoReply(HalError):
    """The device was silent for the whole time it had."""


class BadReply(HalError):
    """The device answered something that its protocol does not allow."""


class OutOfRange(HalError):
    """The device says that the quantity is beyond what it can measure: open, short, over, under."""


class WrongDevice(HalError):
    """Something answers at this address, but it is not the device, unit or setting of the rig."""
