"""The contract of graph stores. Subclasses provide `make_store`; every test works in a store of its own."""

import pytest

from tests.contract.graph.promises.any_order import AnyOrder
from tests.contract.graph.promises.columns import Columns
from tests.contract.graph.promises.limits import Limits
from tests.contract.graph.promises.models import Models
from tests.contract.graph.promises.nodes import Nodes
from tests.contract.graph.promises.runs import Runs
from tests.contract.graph.promises.search import Search
from tests.contract.graph.promises.time import Time
from tests.contract.graph.promises.visibility import Visibility
from tests.contract.graph.promises.walks import Walks
from tests.contract.graph.promises.writing import FencingContract, Writing
from tests.contract.graph.stores import IsolatedStore, MakeStore

__all__ = ["FencingContract", "GraphContract"]


class GraphContract(AnyOrder, Walks, Time, Visibility, Nodes, Search, Runs, Columns, Models, Limits, Writing):
    """Every promise; hand it to each adapter."""

    @pytest.fixture
    def store(self, make_store: MakeStore) -> IsolatedStore:
        return make_store()
