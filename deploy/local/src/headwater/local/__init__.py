"""Real Kafka, Neo4j and PostgreSQL as plain processes on loopback, where there is no container engine.

In: artefacts from the package registries, pinned by version and SHA-256 in `jars.lock.toml`. Out: `addresses.Addresses`
that any client can use.
`servers.Servers(directory)` starts, stops, kills and restarts them by process id.
"""
