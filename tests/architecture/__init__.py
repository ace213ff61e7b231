"""Guards: automatic checks of rules that apply to the whole workspace."""
