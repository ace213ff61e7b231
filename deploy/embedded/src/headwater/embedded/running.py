"""Find the product that runs on this machine."""

from pathlib import Path

import click
import msgspec

from headwater.embedded.data_dir import DataDir, Running, default_data_dir


def find_running(data_dir: Path | None) -> tuple[DataDir, str]:
    """The data directory and address of the running product. Raises ClickException with the remedy."""
    data = DataDir((data_dir or default_data_dir()).absolute())
    try:
        running = msgspec.json.decode(data.running.read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        raise click.ClickException(
            f"nothing runs from {data.root}: start it with headwater up, or name its directory with --data-dir"
        ) from None
    return data, running.url
