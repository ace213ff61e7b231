"""How a service declares itself, and how one or several are hosted."""
