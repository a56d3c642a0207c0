"""The bytes side: each supported instrument answered as the real one does."""
