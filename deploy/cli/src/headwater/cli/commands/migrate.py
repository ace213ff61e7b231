"""`headwater migrate`: prepares the stores for a new version, before its services start."""

from pathlib import Path

import click

from headwater.cli.installation import Installation, data_dir_option


@click.command()
@data_dir_option
def command(*, data_dir: Path | None) -> None:
    """Create or upgrade tables, topics and indexes; safe to repeat. Prints each completed step."""
    from headwater.bus.topics import create_all
    from headwater.embedded.services import SERVICES

    here = Installation(data_dir)
    with here.bus() as bus:
        created = create_all(bus, embedded=not here.distributed)
    click.echo(f"topics: {len(created)} created")
    with here.graph(read_only=False) as graph:
        graph.ensure_schema()
    click.echo("graph: constraints and indexes are online")
    for service in SERVICES:
        if service.needs.database is not None:
            with here.tables(service.needs.database):
                click.echo(f"{service.name}: tables are current")
