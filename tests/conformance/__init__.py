"""Real producers' events and the specification's own examples, against every graph store.

They are not part of this repository: `HEADWATER_SHARED`, or `../shared` beside it, holds them.
"""
