"""The top floor: the `cryoprobe` command line and the engineer's tools. Nobody imports it."""
