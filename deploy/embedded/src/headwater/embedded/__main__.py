"""The `headwater` command: one entry point for everything a person or a container starts."""

import importlib
from typing import Any

import click

# Commands load when they are called: `headwater up` itself stays small, and `--help` is instant.
COMMANDS = {
    "up": "Run the whole product from one data directory.",
    "env": "Print the lines that point an OpenLineage producer here.",
    "serve": "Run one service of a distributed installation.",
    "sample": "Add or remove the sample story.",
    "export": "Write the graph or the metrics as canonical NDJSON.",
    "dead-letters": "List, show and redrive records that could not be handled.",
    "user": "Create, list and disable users.",
    "key": "Create, list and revoke API keys.",
    "rebuild": "Build the graph anew from the log.",
    "migrate": "Create or upgrade tables, topics and indexes.",
    "metrics": "Evaluate a file of predictions and labels.",
    "config": "Check or show settings, secrets redacted.",
    "doctor": "Check this machine and installation, one line each.",
    "version": "Print the version.",
}


class LazyGroup(click.Group):
    """A group whose commands live in `headwater.embedded.commands.<name>`, attribute `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"headwater.embedded.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Errors of our own already say what is wrong and what to do; only a bug shows where it happened."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if type(error).__module__.startswith("headwater."):
                raise click.ClickException(str(error)) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Headwater traces every prediction back to its source, and says when and why a model got worse."""


if __name__ == "__main__":
    main()
