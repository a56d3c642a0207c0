"""Bytes to and from ports: one file per library that knows how."""
