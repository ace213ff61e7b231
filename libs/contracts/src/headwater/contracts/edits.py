"""Manual changes. Topic `lineage.edits`: an edit is an event too, so that it survives a rebuild."""

import msgspec


class ForgetNamespaces(msgspec.Struct, tag_field="type", tag="forget", kw_only=True):
    """Drop everything in these namespaces that arrived before `received_before` (microseconds UTC).

    By arrival, not by event time: the same events may be sent again afterwards.
    """

    namespaces: list[str]
    received_before: int
    actor: str


Edit = ForgetNamespaces
