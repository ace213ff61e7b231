"""The distributed product on one machine: real servers, each service a process of its own, nginx as one origin.

In: a directory. Out: one loopback address that answers like `headwater up`.
The services are started by the `headwater serve` command, never imported.
"""
