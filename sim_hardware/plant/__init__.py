"""The physics of the simulated probe: equations as pure functions, one noun per file."""
