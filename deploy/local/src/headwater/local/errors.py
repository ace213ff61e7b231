"""What can go wrong with local servers.

LocalError
├── FetchError     an artefact cannot be had, or is not the one that the lock names
├── MissingError   a program of this machine is needed and absent; the message says what installs it
└── StartError     a server did not answer in time; the message ends with its last log lines
"""


class LocalError(RuntimeError):
    """A set of servers cannot be had."""


class FetchError(LocalError):
    pass


class MissingError(LocalError):
    pass


class StartError(LocalError):
    pass
