"""Short labels that distinguish a job or a dataset from its neighbours. Pure.

A label is always a substring of the full name, so that searching for a copied label finds its node. A name that does
not follow a known producer's rule is its own label: the UI shortens it in the middle.
"""

import re
from functools import lru_cache

# dbt: {database}.{schema}.{project}.{model}[.v{n}|.{digest}][.build].{command}. What follows the project is kept:
# the model with its command, so that the label of a job differs from that of the table that it builds.
_DBT = re.compile(
    r"(?:[^.]+\.){3,}?"
    r"(?P<label>[^.]+(?:\.v\d+|\.[0-9a-f]{10})?(?:\.build)?\.(?:run|test|snapshot|seed|compile|source|unit_test))"
)
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
    for rule in (_DBT, _SPARK, *([_DBT_WITHOUT_COMMAND] if "dbt" in namespace.casefold() else [])):
        found = rule.fullmatch(name)
        if found:
            return found["label"]
    return _path_end(name) if "/" in name and " " not in name else name


@lru_cache(maxsize=65_536)
def dataset_label(namespace: str, name: str) -> str:
    """Tables: `schema.table`. Files and objects: the last two parts of the path. Topics and indexes: the whole name."""
    scheme = namespace.casefold()
    if _WHOLE.match(scheme) or name.startswith(_QUOTES):
        return name
    if "/" in name or _PATHS.match(scheme):
        return _path_end(name)
    pieces = name.split(".")
    return ".".join(pieces[-2:]) if all(pieces) else name


def _path_end(name: str) -> str:
    """The last two parts, and, before partitions (`day=1`), what they partition."""
    trimmed = name.rstrip("/")
    parts = trimmed.split("/")
    start = max(0, len(parts) - 2)
    while start > 0 and "=" in parts[start]:
        start -= 1
    kept = "/".join(parts[start:]).lstrip("/")
    return kept or name
