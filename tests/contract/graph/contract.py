"""What any graph store promises. Subclasses provide `make_room`; every test works in a room of its own."""

import pytest

from tests.contract.graph.promises.any_order import AnyOrder
from tests.contract.graph.promises.columns import Columns
from tests.contract.graph.promises.limits import Limits
from tests.contract.graph.promises.models import Models
from tests.contract.graph.promises.nodes import Nodes
from tests.contract.graph.promises.runs import Runs
from tests.contract.graph.promises.search import Search
from tests.contract.graph.promises.sight import Sight
from tests.contract.graph.promises.time import Time
from tests.contract.graph.promises.walks import Walks
from tests.contract.graph.promises.writing import FencingContract, Writing
from tests.contract.graph.rooms import MakeRoom, Room

__all__ = ["FencingContract", "GraphContract"]


class GraphContract(AnyOrder, Walks, Time, Sight, Nodes, Search, Runs, Columns, Models, Limits, Writing):
    """Every promise; hand it to each adapter."""

    @pytest.fixture
    def room(self, make_room: MakeRoom) -> Room:
        return make_room()
