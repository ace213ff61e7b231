"""The `headwater` command: the single entry point for users and containers."""

import errno
import importlib
from typing import Any

import click

# Commands are imported when they are called: `headwater up` itself stays small, and `--help` is instant.
COMMANDS = {
    "up": "Run the whole product from one data directory.",
    "env": "Print the variables that configure an OpenLineage producer.",
    "serve": "Run one service of a distributed installation.",
    "sample": "Add or remove the sample data.",
    "export": "Write the graph, the metrics or the audit trail as NDJSON.",
    "dead-letters": "List, show, redrive and discard dead letters.",
    "user": "Create, list and disable users.",
    "key": "Create, list and revoke API keys.",
    "rebuild": "Rebuild the graph from the log.",
    "migrate": "Create or upgrade tables, topics and indexes.",
    "metrics": "Evaluate a file of predictions and labels.",
    "config": "Check or show settings, secrets redacted.",
    "doctor": "Check this machine and installation, one line each.",
    "version": "Print the version.",
}


class LazyGroup(click.Group):
    """A group whose commands are in `headwater.cli.commands.<name>`, attribute `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"headwater.cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Errors of ours, of the system and of a database are shown in one line; only a bug has a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if getattr(error, "errno", None) == errno.EPIPE:
                raise  # the reader of our output has closed the pipe
            if _is_no_bug(error):
                raise click.ClickException(_one_line(error)) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _is_no_bug(error: Exception) -> bool:
    """Looked up by name: databases load with the commands that need them."""
    names = {f"{cls.__module__}.{cls.__name__}" for cls in type(error).__mro__}
    known = {"sqlite3.Error", "sqlalchemy.exc.DBAPIError"}
    return isinstance(error, OSError) or bool(names & known) or type(error).__module__.startswith("headwater.")


def _one_line(error: Exception) -> str:
    message = str(getattr(error, "detail", None) or getattr(error, "orig", None) or error)
    return " ".join(message.split()) or type(error).__name__


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Headwater traces every prediction back to its source, and shows when and why a model got worse."""


if __name__ == "__main__":
    main()
