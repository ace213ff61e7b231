"""`headwater migrate`: everything a new version needs, before its services start."""

from pathlib import Path

import click

from headwater.embedded.installation import Installation, data_dir_option


@click.command()
@data_dir_option
def command(*, data_dir: Path | None) -> None:
    """Create or upgrade tables, topics and indexes; safe to repeat. Names each step as it is done."""
    from headwater.alerting import app as alerting
    from headwater.alerting.settings import Settings as AlertingSettings
    from headwater.auth.database import migrate
    from headwater.bus.topics import create_all
    from headwater.metrics_engine import app as metrics_engine
    from headwater.metrics_engine.settings import Settings as EngineSettings
    from headwater.runtime.settings import Secret

    here = Installation(data_dir)
    with here.bus() as bus:
        created = create_all(bus, embedded=not here.distributed)
    click.echo(f"topics: {len(created)} created")
    with here.graph(read_only=False) as graph:
        graph.ensure_schema()
    click.echo("graph: constraints and indexes are there")
    migrate(here.database_url("auth"))
    click.echo("auth: tables are current")
    metrics_engine.open_store(EngineSettings(database_url=Secret(here.database_url("metrics")))).dispose()
    click.echo("metrics-engine: tables are current")
    alerting.open_store(AlertingSettings(database_url=Secret(here.database_url("alerting")))).dispose()
    click.echo("alerting: tables are current")
