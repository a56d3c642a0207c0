"""The controller core: pure, portable, without I/O or clock. Start reading at core.py."""
