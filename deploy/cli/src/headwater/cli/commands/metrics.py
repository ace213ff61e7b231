"""`headwater metrics`: computes metrics of a file, without a server."""

import csv
import json
from pathlib import Path

import click

from headwater.evaluation import evaluate as evaluate_arrays

TASKS = ("binary", "multiclass", "regression")


@click.group()
def command() -> None:
    """Evaluate a file of predictions and labels."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--task", required=True, type=click.Choice(TASKS), help="Task of the model.")
@click.option("--truth", default="y_true", show_default=True, help="Column with the labels.")
@click.option("--prediction", default="y_pred", show_default=True, help="Column with the predictions.")
@click.option("--weight", help="Column with weights.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(*, file: Path, task: str, truth: str, prediction: str, weight: str | None, as_json: bool) -> None:
    """Evaluate the rows of a CSV FILE with a header line."""
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = list(csv.DictReader(opened))
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file} is not CSV in UTF-8: {error}") from None
    wanted = [truth, prediction, *([weight] if weight else [])]
    if missing := [name for name in wanted if not rows or name not in rows[0]]:
        raise click.ClickException(
            f"{file} has no column {missing[0]!r}: it has {', '.join(rows[0]) if rows else 'no rows'}"
        )
    numbers = task == "regression"
    try:
        results = evaluate_arrays(
            task,
            [float(row[truth]) if numbers else row[truth] for row in rows],
            [float(row[prediction]) if numbers else row[prediction] for row in rows],
            [float(row[weight]) for row in rows] if weight else None,
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for result in results:
        row = {"metric": result.metric, "value": result.value, "reason": result.reason, "n": result.n}
        shown = "undefined: " + str(result.reason) if result.value is None else f"{result.value:.6g}"
        click.echo(json.dumps(row) if as_json else f"{result.metric}\t{shown}\t{result.n} rows")
