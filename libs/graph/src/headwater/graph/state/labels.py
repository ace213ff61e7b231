"""Short labels that distinguish a job or a dataset from its neighbours. Pure.

A label is always a substring of the full name, so that searching for a copied label finds its node. A name that does
not follow a known producer's rule is its own label: the UI shortens it in the middle.
"""

import re
from functools import lru_cache

# dbt: {database}.{schema}.{project}.{model}[.v{n}|.{digest}][.build].{command}. What follows the project is kept:
# the model with its command, so that the label of a job differs from that of the table that it builds.
_DBT_COMMANDS = ("run", "test", "snapshot", "seed", "compile", "source", "unit_test")
_DBT = re.compile(
    r"(?:[^.]+\.){3,}?"
    rf"(?P<label>[^.]+(?:\.v\d+|\.[0-9a-f]{{10}})?(?:\.build)?\.(?:{'|'.join(_DBT_COMMANDS)}))"
)
_DBT_ENDS = tuple(f".{command}" for command in _DBT_COMMANDS)
_DBT_WITHOUT_COMMAND = re.compile(r"(?:[^.]+\.){2}(?P<label>[^.]+\.[^.]+(?:\.v\d+|\.[0-9a-f]{10})?)")
# Spark: {application}.{plan node}.{table}. The application is the same for all jobs of a run.
_SPARK = re.compile(
    r".+?\.(?:execute_)?(?P<label>(?:(?<=execute_)\w+|adaptive_spark_plan|append_data|replace_data|overwrite_by_expression"
    r"|overwrite_partitions_dynamic|atomic_\w*table_as_select|create_table_as_select)\..+)"
)
# Files and objects: a name is a path. Topics: dots have no meaning to the broker.
_PATHS = re.compile(r"(?:s3[an]?|gs|gcs|hdfs|file|wasbs?|abfss?|adl|dbfs|https?|sftp|ftp|arn:aws:s3)(?::|$)")
_WHOLE = re.compile(r"(?:kafka|pubsub|pulsar|kinesis|eventhubs?|rabbitmq|nats|inmemory|milvus|elasticsearch)(?::|$)")
_QUOTES = ('"', "`", "[")


@lru_cache(maxsize=16_384)
def job_label(namespace: str, name: str) -> str:
    """dbt: model and command. Spark: plan node and table. Paths: the last two parts. All others, Airflow's
    `dag.task` among them: the whole name."""
    found = _DBT.fullmatch(name) if name.endswith(_DBT_ENDS) else None
    if found is None and "_" in name:  # as in the name of every plan node
        found = _SPARK.fullmatch(name)
    if found is None and "dbt" in namespace.casefold():
        found = _DBT_WITHOUT_COMMAND.fullmatch(name)
    if found is not None:
        return found["label"]
    return _path_end(name) if "/" in name and " " not in name else name


@lru_cache(maxsize=65_536)
def dataset_label(namespace: str, name: str) -> str:
    """Tables: `schema.table`. Files and objects: the last two parts of the path. Topics and indexes: the whole name."""
    whole, path = _naming(namespace)
    if whole or name.startswith(_QUOTES):
        return name
    if path or "/" in name:
        return _path_end(name)
    pieces = name.split(".")
    return ".".join(pieces[-2:]) if all(pieces) else name


@lru_cache(maxsize=1_024)
def _naming(namespace: str) -> tuple[bool, bool]:
    """Whether names in a namespace are shown whole, and whether they are paths."""
    scheme = namespace.casefold()
    return _WHOLE.match(scheme) is not None, _PATHS.match(scheme) is not None


def _path_end(name: str) -> str:
    """The last two parts, and, before partitions (`day=1`), what they partition."""
    trimmed = name.rstrip("/")
    parts = trimmed.split("/")
    start = max(0, len(parts) - 2)
    while start > 0 and "=" in parts[start]:
        start -= 1
    kept = "/".join(parts[start:]).lstrip("/")
    return kept or name
