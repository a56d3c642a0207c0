"""The bytes side of the simulated probe: each instrument answered as the real one does."""
