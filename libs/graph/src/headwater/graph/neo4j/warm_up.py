"""Warm-up: a batch and reads of it, rolled back.

Neo4j plans a statement at its first use. On a server that has just started, planning the statements of one event takes
three seconds, and a producer's first event would wait for it.
"""

from headwater.contracts.identity import ALL
from headwater.contracts.keys import Kind, node_id
from headwater.graph.deriving.engine import Engine
from headwater.graph.neo4j.connection import Asking, Connection
from headwater.graph.neo4j.lookups import Neo4jStorage
from headwater.graph.neo4j.reads import Neo4jReading
from headwater.graph.neo4j.writing import Writing
from headwater.graph.port import GraphReader, SceneQuery, Source
from headwater.graph.state.facts import DatasetFact, Fact, JobFact, RunFact, Stamp

_SPACE = "headwater:warm-up"
_JOB, _INPUT, _OUTPUT = (_SPACE, "job"), (_SPACE, "input"), (_SPACE, "output")


class _TakenBack(Exception):
    """Ends the transaction so that it is rolled back."""


def warm_up(connection: Connection, reading: Neo4jReading, reader: GraphReader) -> None:
    """Have the server plan the statements of one lineage event, and those that `reader` runs next through `reading`.

    Raises GraphUnavailable. The graph itself is locked last and briefly: an active writer hardly waits.
    """
    try:
        connection.write(lambda asking: _play(asking, reading, reader))
    except _TakenBack:
        return


def _play(asking: Asking, reading: Neo4jReading, reader: GraphReader) -> None:
    engine, writing = Engine(), Writing(asking)
    for time, run in enumerate(("first", "second")):
        writing.write(engine.plan(_facts(run, Stamp(time, run)), Neo4jStorage(asking)))
    writing.move_offsets({Source("warm-up", 0): 0})
    with reading.inside(asking):
        _look(reader)
    asking.rows("lock_graph", epoch=0)
    asking.do("move_graph", change=0)
    raise _TakenBack


def _facts(run: str, stamp: Stamp) -> list[Fact]:
    return [
        JobFact(_JOB, stamp),
        DatasetFact(_INPUT, stamp),
        DatasetFact(_OUTPUT, stamp),
        RunFact(key=(*_JOB, run), stamp=stamp, type="COMPLETE", inputs=(_INPUT,), outputs=(_OUTPUT,)),
    ]


def _look(reader: GraphReader) -> None:
    focus = node_id(Kind.DATA_SOURCE.value, *_INPUT)
    reader.search("warm", visible=ALL)
    reader.scene(SceneQuery(focus, up=2, down=2), visible=ALL)
    reader.get(node_id(Kind.ETL_PROCESS.value, *_JOB), visible=ALL)
