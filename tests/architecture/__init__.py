"""Guards: what a reader may rely on about the whole workspace, checked by a machine."""
