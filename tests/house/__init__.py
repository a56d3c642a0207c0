"""The house rules as code: import directions, portable subset, shape, tables under test."""
