"""The `headwater` command: what a person or a container starts, and what works on an installation's stores."""
