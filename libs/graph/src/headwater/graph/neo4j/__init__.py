"""The graph in Neo4j.

The engine's changes are written by fixed statements (`cypher/*.cypher`, each named by what it reads or does); others
implement `Reading`. Labels and relationships are those that people query: DataSource, ETLProcess,
Flow, MLModel, ModelVersion, Output, EvaluationMetric, Column and Run; FEEDS, YIELDS, HAS_FLOW, RAN, TRANSFORMED_BY,
INGESTED_BY, PRODUCES, USED_IN, TRAINS, HAS_VERSION, GENERATES, EVALUATED_BY and DERIVED_FROM.
"""

from headwater.graph.neo4j.store import Neo4jGraph

__all__ = ["Neo4jGraph"]
