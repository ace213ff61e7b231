"""The `headwater` command: starts the product or a service, and works on an installation's stores."""
