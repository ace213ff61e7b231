"""The read routes over a graph that answers from a script."""

from headwater.contracts.api.graph import NodeDetail, Scene

NODE = NodeDetail(id="a", kind="DataSource", namespace="db", name="orders")
SCENE = Scene(focus="a", as_of=None, nodes=[NODE], edges=[])
