"""The lineage half of the story, by the official OpenLineage client."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    documentation_dataset,
    error_message_run,
    job_type_job,
    ownership_dataset,
    schema_dataset,
    sql_job,
)

from headwater.sample import names
from headwater.sample.names import Table

Columns = dict[str, tuple[tuple[Table, str, str], ...]]  # target column -> (source table, source column, how)


class Step(NamedTuple):
    """One ETL process. `columns` maps each output's name to its columns and their sources."""

    job: str
    hour: int
    minutes: int
    kind: str
    reads: tuple[Table, ...]
    writes: tuple[Table, ...]
    columns: Mapping[str, Columns] | None = None
    sql: str | None = None


FEATURE_COLUMNS: Columns = {
    "customer_id": ((names.RAW_CUSTOMERS, "customer_id", "IDENTITY"),),
    "tenure_days": ((names.RAW_CUSTOMERS, "signed_up", "TRANSFORMATION"),),
    "plan": ((names.RAW_CUSTOMERS, "plan", "IDENTITY"),),
    "spend_30d": ((names.RAW_INVOICES, "amount", "AGGREGATION"),),
    "sessions_7d": ((names.SESSIONS, "sessions_7d", "IDENTITY"),),
}
FEATURES_SQL = """
SELECT c.customer_id, current_date - c.signed_up AS tenure_days, c.plan, sum(i.amount) AS spend_30d, s.sessions_7d
FROM raw.customers c JOIN raw.invoices i USING (customer_id) JOIN staging.sessions s USING (customer_id)
GROUP BY ALL""".strip()


def steps(index: int) -> tuple[Step, ...]:
    """The processes that run on the day with this index, in order."""
    invoices = names.INVOICES_CENTS if index >= names.SCHEMA_CHANGE else names.INVOICES
    daily = (
        Step(
            "ingest_tables",
            1,
            9,
            "INGESTION",
            (names.CUSTOMERS, invoices),
            (names.RAW_CUSTOMERS, names.RAW_INVOICES),
            _copies(invoices),
        ),
        Step("sessionise_clicks", 2, 14, "INGESTION", (names.CLICKS,), (names.SESSIONS,)),
        Step(
            "build_features",
            3,
            22,
            "TRANSFORMATION",
            (names.RAW_CUSTOMERS, names.RAW_INVOICES, names.SESSIONS),
            (names.FEATURES,),
            {names.FEATURES.name: FEATURE_COLUMNS},
            FEATURES_SQL,
        ),
    )
    if index in names.VERSIONS.values():
        return (*daily, Step("train_churn", 4, 31, "TRAINING", (names.FEATURES,), ()))
    return daily


def _copies(invoices: Table) -> dict[str, Columns]:
    amount = "amount_cents" if "amount_cents" in invoices.columns else "amount"
    return {
        names.RAW_CUSTOMERS.name: {
            column: ((names.CUSTOMERS, column, "IDENTITY"),) for column in names.RAW_CUSTOMERS.columns
        },
        names.RAW_INVOICES.name: {
            "customer_id": ((invoices, "customer_id", "IDENTITY"),),
            "amount": ((invoices, amount, "IDENTITY"),),
            "paid_on": ((invoices, "paid_on", "IDENTITY"),),
        },
    }


def lineage_events(today: date) -> Iterator[RunEvent]:
    """START and COMPLETE (once FAIL, then a good second attempt) of every run."""
    for index, day in enumerate(names.calendar(today)):
        for step in steps(index):
            yield from _run(step, day, failed_first=index == 12 and step.job == "sessionise_clicks")


def _run(step: Step, day: date, *, failed_first: bool) -> Iterator[RunEvent]:
    started = names.moment(day, step.hour)
    ended = started + timedelta(minutes=step.minutes)
    if failed_first:
        message = error_message_run.ErrorMessageRunFacet("Broker events.sample:9092 did not answer", "Python")
        yield _event(step, day, RunState.START, started)
        yield _event(step, day, RunState.FAIL, started + timedelta(minutes=2), {"errorMessage": message})
        started += timedelta(minutes=5)
        ended += timedelta(minutes=5)
    yield _event(step, day, RunState.START, started)
    yield _event(step, day, RunState.COMPLETE, ended)


def _event(step: Step, day: date, state: RunState, at: datetime, facets: dict[str, RunFacet] | None = None) -> RunEvent:
    job_facets = {"jobType": job_type_job.JobTypeJobFacet("BATCH", "AIRFLOW", step.kind)}
    if step.sql:
        job_facets["sql"] = sql_job.SQLJobFacet(step.sql)  # type: ignore[assignment]
    return RunEvent(
        eventType=state,
        eventTime=at.isoformat(),
        producer=names.PRODUCER,
        run=Run(names.run_id(step.job, day), facets or {}),
        job=Job(names.JOBS, step.job, job_facets),  # type: ignore[arg-type]
        inputs=[InputDataset(t.namespace, t.name, facets=_facets(t)) for t in step.reads],
        outputs=[OutputDataset(t.namespace, t.name, facets=_output_facets(step, t)) for t in step.writes],
    )


def _facets(table: Table) -> dict[str, DatasetFacet]:
    fields = [schema_dataset.SchemaDatasetFacetFields(name, kind) for name, kind in table.columns.items()]
    return {
        "schema": schema_dataset.SchemaDatasetFacet(fields),
        "ownership": ownership_dataset.OwnershipDatasetFacet([ownership_dataset.Owner(table.owner, "MAINTAINER")]),
        "documentation": documentation_dataset.DocumentationDatasetFacet(table.about),
    }


def _output_facets(step: Step, table: Table) -> dict[str, DatasetFacet]:
    facets = _facets(table)
    if step.columns and table.name in step.columns:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
            {
                column: column_lineage_dataset.Fields([_source(*source) for source in sources])
                for column, sources in step.columns[table.name].items()
            }
        )
    return facets


def _source(table: Table, column: str, how: str) -> column_lineage_dataset.InputField:
    direct = column_lineage_dataset.Transformation("DIRECT", how, "", masking=False)
    return column_lineage_dataset.InputField(table.namespace, table.name, column, [direct])
