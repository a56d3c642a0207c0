"""A probe that exists only in arithmetic, and the instruments that would surround it."""
