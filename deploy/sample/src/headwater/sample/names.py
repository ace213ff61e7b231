"""The names and the calendar of the sample story."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

DAYS = 28
VERSIONS = {"1": 0, "2": 9, "3": 18}  # version -> first day in service
MIDNIGHT = 6  # hour of the night in which the day begins
SCHEMA_CHANGE = 21  # the day on which billing begins to send cents
PRODUCER = "https://headwater.example/sample"

CRM, EVENTS, BILLING, LAKE = (
    "postgres://crm.sample:5432",
    "kafka://events.sample:9092",
    "mysql://billing.sample:3306",
    "s3://lake.sample",
)
JOBS = "airflow.sample"
MODELS = "ml.sample"
NAMESPACES = (CRM, EVENTS, BILLING, LAKE, JOBS, MODELS)
MODEL = "customer-churn"


class Table(NamedTuple):
    """A dataset of the story: `columns` maps a name to its type."""

    namespace: str
    name: str
    columns: dict[str, str]
    owner: str
    about: str


CUSTOMERS = Table(
    CRM,
    "crm.public.customers",
    {"customer_id": "bigint", "signed_up": "date", "plan": "text", "country": "text"},
    "team:crm",
    "Every customer, one row each.",
)
CLICKS = Table(
    EVENTS,
    "app.clicks",
    {"customer_id": "bigint", "page": "string", "at": "timestamp"},
    "team:app",
    "What customers do in the app.",
)
INVOICES = Table(
    BILLING,
    "billing.invoices",
    {"invoice_id": "bigint", "customer_id": "bigint", "amount": "decimal(10,2)", "paid_on": "date"},
    "team:billing",
    "Invoices, one row each.",
)
INVOICES_CENTS = INVOICES._replace(
    columns={"invoice_id": "bigint", "customer_id": "bigint", "amount_cents": "bigint", "paid_on": "date"}
)
RAW_CUSTOMERS = Table(LAKE, "raw/customers", CUSTOMERS.columns, "team:data", "Nightly copy of the customers.")
RAW_INVOICES = Table(
    LAKE,
    "raw/invoices",
    {"customer_id": "bigint", "amount": "double", "paid_on": "date"},
    "team:data",
    "Nightly copy of the invoices.",
)
SESSIONS = Table(
    LAKE,
    "staging/sessions",
    {"customer_id": "bigint", "sessions_7d": "int", "last_seen": "timestamp"},
    "team:data",
    "Clicks folded into sessions.",
)
FEATURES = Table(
    LAKE,
    "features/customer_churn",
    {"customer_id": "bigint", "tenure_days": "int", "plan": "string", "spend_30d": "double", "sessions_7d": "int"},
    "team:ml",
    "One row of features per customer and day.",
)
SCORES = Table(
    LAKE,
    "predictions/churn_scores",
    {"customer_id": "bigint", "score": "double", "churns": "boolean"},
    "team:ml",
    "Daily churn scores.",
)
CAMPAIGN = Table(
    CRM,
    "crm.public.retention_campaign",
    {"customer_id": "bigint", "offer": "text"},
    "team:crm",
    "Customers who get an offer.",
)


def calendar(today: date) -> list[date]:
    """The days of the story, oldest first; the last is `today`."""
    return [today - timedelta(days=DAYS - 1 - index) for index in range(DAYS)]


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of the night before a day, `hour` hours after 18:00; the sixth is its midnight (UTC).

    Nothing happens later in the day, so that the story is the same whenever on that day it is told.
    """
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(hours=hour - MIDNIGHT, minutes=minute)


def run_id(job: str, day: date) -> str:
    """The same job on the same day has the same run id in every installation."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{job}/{day.isoformat()}"))


def version_on(index: int) -> str:
    """The version in service on the day with this index."""
    return max((v for v, first in VERSIONS.items() if first <= index), key=lambda v: VERSIONS[v])
