"""Dialogues with instruments, one file per family, over any ByteStream.

port.py runs them; line.py asks; channel.py and leased_valve.py are what the control loop holds.
"""
