"""Naming: node kinds, identities, and the message keys of each topic."""

import hashlib
import zlib
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_BASE32 = [high + low for high in _LETTERS for low in _LETTERS]


class Kind(StrEnum):
    """What a node of the graph can be."""

    DATA_SOURCE = "DataSource"
    ETL_PROCESS = "ETLProcess"
    RUN = "Run"
    FLOW = "Flow"
    ML_MODEL = "MLModel"
    MODEL_VERSION = "ModelVersion"
    OUTPUT = "Output"
    EVALUATION_METRIC = "EvaluationMetric"
    COLUMN = "Column"


# Reading the value of an enumeration's member is a property call, and these are read at every event.
_DATA_SOURCE, _ETL_PROCESS, _RUN = Kind.DATA_SOURCE.value, Kind.ETL_PROCESS.value, Kind.RUN.value


class NodeKey(NamedTuple):
    """The identity of a node; equal in both run modes and after a rebuild.

    A served output is keyed as a `DataSource`, so that a table later found to be an output keeps its id; only its
    displayed kind changes.
    """

    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        return node_id(self.kind, self.namespace, self.name)


@lru_cache(maxsize=100_000)
def node_id(kind: str, namespace: str, name: str) -> str:
    """First 26 characters of base32(sha256(kind, namespace, name)), lower case.

    The parts are joined by NUL, which no name may contain.
    """
    digest = hashlib.sha256(f"{kind}\0{namespace}\0{name}".encode()).digest()
    # The standard library encodes base32 in Python, byte by byte: 130 bits, ten at a time, are ten times faster.
    bits = int.from_bytes(digest[:17], "big") >> 6
    return "".join([_BASE32[bits >> shift & 1023] for shift in range(120, -1, -10)])


def compose(separator: str, *parts: str) -> str:
    """Join parts so that different parts never produce equal text: `%`, `@`, `#` inside a part are percent-encoded."""
    return separator.join(p.replace("%", "%25").replace("@", "%40").replace("#", "%23") for p in parts)


def dataset_key(namespace: str, name: str) -> NodeKey:
    return NodeKey(_DATA_SOURCE, namespace, name)


def job_key(namespace: str, name: str) -> NodeKey:
    return NodeKey(_ETL_PROCESS, namespace, name)


def run_key(namespace: str, job: str, run_id: str) -> NodeKey:
    """A run is keyed by its job and its run id: several jobs may use one run id."""
    return NodeKey(_RUN, namespace, compose("#", job, run_id))


def model_key(namespace: str, name: str) -> NodeKey:
    return NodeKey(Kind.ML_MODEL.value, namespace, name)


def model_version_key(namespace: str, model: str, version: str) -> NodeKey:
    return NodeKey(Kind.MODEL_VERSION.value, namespace, compose("@", model, version))


def metric_key(namespace: str, model: str, version: str, definition: str) -> NodeKey:
    owner = model_version_key(namespace, model, version).name
    return NodeKey(Kind.EVALUATION_METRIC.value, namespace, f"{owner}#{compose('#', definition)}")


PREDICTION_SHARDS = 64


def message_key(namespace: str, name: str) -> bytes:
    """The key of a message about one job, model, rule or actor."""
    return f"{namespace}\0{name}".encode()


def prediction_message_key(namespace: str, model: str, prediction_id: str) -> bytes:
    """The shard of one prediction: its label is on the same partition, which only makes the join faster."""
    shard = zlib.crc32(prediction_id.encode()) % PREDICTION_SHARDS
    return f"{namespace}\0{model}\0{shard}".encode()
