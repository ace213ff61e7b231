"""Every Prometheus metric of the product in one list, and the object that updates them.

Labels have few values by rule: never a dataset, job, run, user, model or text of an exception.
`service` is added to each. A label whose values are listed here starts with all of them, so that the first event of a
kind shows as an increase and not as a new series.
"""

import enum
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from headwater.contracts.models import Task
from headwater.contracts.problems import Problems


class Kind(enum.Enum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


Values = tuple[str, ...]


class Metric(NamedTuple):
    """`help`: one line. `buckets`: upper bounds of a histogram. `values`: of the labels whose values are all known."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS
    values: tuple[tuple[str, Values], ...] = ()

    def of(self, **values: Values) -> "Metric":
        """The same metric with values for labels that this list leaves open."""
        return self._replace(values=(*self.values, *values.items()))


def _counter(name: str, about: str, *labels: str, **values: Values) -> Metric:
    return Metric(f"headwater_{name}_total", Kind.COUNTER, about, (*labels, *values), values=tuple(values.items()))


def _gauge(name: str, about: str, *labels: str) -> Metric:
    return Metric(f"headwater_{name}", Kind.GAUGE, about, labels)


def _histogram(name: str, about: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Metric:
    return Metric(f"headwater_{name}", Kind.HISTOGRAM, about, labels, buckets)


# Every web application
HTTP_REQUESTS = _counter("http_requests", "Requests answered.", "method", "route", "status")
HTTP_SECONDS = _histogram("http_request_duration_seconds", "Time to answer a request.", "method", "route")
READY = _gauge("ready", "1 while every dependency of the program answers, as in /readyz.")
DEPENDENCY_UP = _gauge("dependency_up", "1 while a dependency answers, as in /readyz.", "dependency")
BUILD_INFO = _gauge("build_info", "Always 1; the labels give the service and its version.", "version", "python")
IDENTITY_FEED_AGE = _gauge("identity_feed_age_seconds", "Seconds since auth last sent keys and revocations.")
AUTHENTICATIONS = _counter(
    "authentications",
    "Credentials checked that were not in the cache.",
    kind=("key", "token"),
    result=("accepted", "refused"),
)

# Every service with periodic tasks
PERIODIC_RUNS = _counter("periodic_runs", "Periodic tasks run.", "task", result=("ok", "failed"))
PERIODIC_SECONDS = _gauge("periodic_run_seconds", "Duration of the last run of a periodic task.", "task")
PERIODIC_LAST = _gauge("periodic_last_run_timestamp_seconds", "Unix time at which a periodic task last ended.", "task")

# The embedded product
PROCESS_UP = _gauge("process_up", "1 while a process of the embedded product answers.", "process")

# auth
LOGINS = _counter("logins", "Attempts to log in.", result=("accepted", "refused", "throttled", "busy", "failed"))
REFRESHES = _counter("token_refreshes", "Refresh tokens presented.", result=("accepted", "unknown", "ended", "reused"))
HASH_SECONDS = _histogram("password_hash_seconds", "Time to hash a password, including the wait in the queue.")

# ingest-gateway
_TRANSPORTS = ("http", "kafka")
INGEST_EVENTS = _counter(
    "ingest_events",
    "Events received.",
    transport=_TRANSPORTS,
    kind=("lineage", "model", "prediction", "label", "metric"),
    result=("accepted", "refused"),
)
INGEST_REFUSALS = _counter(
    "ingest_refusals",
    "Events refused, by problem.",
    transport=_TRANSPORTS,
    reason=tuple(problem.value.slug for problem in Problems),
)
INGEST_NOTES = _counter(
    "ingest_notes",
    "Accepted events with notes, by reason.",
    transport=_TRANSPORTS,
    reason=("mended", "unknown_field", "not_granted"),
)
INGEST_BYTES = _counter("ingest_bytes", "Bytes of accepted events.", transport=_TRANSPORTS)
INGEST_ACCEPT_SECONDS = _histogram("ingest_accept_seconds", "Time from request to durable events.")
INGEST_IN_FLIGHT = _gauge("ingest_in_flight", "Requests waiting until their events are durable.")

# Every consumer of the bus
CONSUMED_RECORDS = _counter("consumed_records", "Records handled.", "topic")
CONSUMER_LAG = _gauge(
    "consumer_lag_records", "Records of a partition that the service has not applied yet.", "topic", "partition"
)
OLDEST_RECORD_AGE = _gauge(
    "consumer_oldest_record_age_seconds",
    "Age of the oldest record that the service has not applied; 0 when there is none.",
    "topic",
)
DEAD_LETTERS = _counter("dead_letters", "Records dead-lettered.", "topic")
DEAD_LETTERS_WAITING = _gauge("dead_letters_waiting", "Dead letters neither redriven nor discarded yet.", "topic")
CONSUMER_RETRIES = _counter(
    "consumer_retries",
    "Batches repeated after a failure of a store or the bus.",
    reason=("transient", "unavailable", "suspect"),
)
APPLY_SECONDS = _histogram("batch_apply_seconds", "Time to apply one batch.", buckets=LONG_SECONDS)
PIPELINE_DELAY = _histogram(
    "pipeline_delay_seconds",
    "Time from the arrival of a batch's oldest record to its commit in the store.",
    buckets=LONG_SECONDS,
)
OUTBOX_PENDING = _gauge("outbox_pending", "Rows of the outbox not sent yet.")

# The log and its disk; embedded: the stores beside it too
DISK_SIZE = _gauge("disk_size_bytes", "Size of the disk of the log.")
DISK_FREE = _gauge("disk_free_bytes", "Bytes that can still be written to the disk of the log.")
DISK_FLOOR = _gauge("disk_floor_bytes", "Free bytes below which new events are refused; embedded only.")
LOG_BYTES = _gauge("log_bytes", "Size of a topic on disk.", "topic")
STORE_BYTES = _gauge("store_bytes", "Size of a store's file; embedded only.", "store")
WAL_BYTES = _gauge("wal_bytes", "Size of the write-ahead log of a file; embedded only.", "file")

# lineage-writer
ACTIVE_WRITER = _gauge("active_writer", "1 while this process is the one active writer.")

# metrics-engine
_OUTCOMES = ("taken", "passed over")
PREDICTIONS = _counter("predictions", "Prediction rows by outcome.", result=_OUTCOMES)
LABELS = _counter("labels", "Label rows by outcome.", result=_OUTCOMES)
LABELS_WAITING = _gauge("labels_waiting", "Labels whose prediction has not arrived yet.")
WINDOWS_REVISED = _counter("windows_revised", "Revisions of metric windows published.")
EVALUATIONS = _counter("evaluations", "Evaluations run on request.", task=get_args(Task), result=("done", "refused"))

# alerting
ALERTS_FIRING = _gauge("alerts_firing", "Alerts firing now.", "severity")
ALERT_EVALUATIONS = _counter("alert_evaluations", "Rules evaluated.", result=("judged",))
NOTIFICATIONS = _counter("notifications", "Notifications sent.", "channel", result=("sent", "failed", "retried"))

# api-gateway and stream
STREAM_CLIENTS = _gauge("stream_clients", "Open live streams.")

METRICS: tuple[Metric, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Metric))

_PROMETHEUS: dict[Kind, type[Counter] | type[Gauge] | type[Histogram]] = {
    Kind.COUNTER: Counter,
    Kind.GAUGE: Gauge,
    Kind.HISTOGRAM: Histogram,
}
_COLLECTORS_LOCK = threading.Lock()


class Telemetry:
    """Metrics of one service. Several services in one process share a `registry` and keep their `service` label."""

    def __init__(self, service: str, registry: CollectorRegistry | None = None) -> None:
        self.service = service
        self.registry = registry if registry is not None else CollectorRegistry()
        self._children: dict[Any, Any] = {}

    def of(self, service: str) -> "Telemetry":
        """The metrics of another service of this process."""
        return Telemetry(service, self.registry)

    def start(self, metric: Metric, **values: Sequence[str]) -> None:
        """Start a metric at 0 for each combination of its labels. `values`: of labels that the list leaves open, or a
        subset of those it lists."""
        known: Mapping[str, Sequence[str]] = dict(metric.values) | values
        for combination in itertools.product(*(known[label] for label in metric.labels)):
            self._child(metric, dict(zip(metric.labels, combination, strict=True)))

    def inc(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        self._child(metric, labels).inc(amount)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        self._child(metric, labels).set(value)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        self._child(metric, labels).observe(value)

    def render(self) -> bytes:
        """The exposition for Prometheus: every service of this registry, and what `extend` adds."""
        rendered = generate_latest(self.registry)
        extension: Callable[[bytes], bytes] | None = self.registry.__dict__.get("headwater_extension")
        return rendered if extension is None else extension(rendered)

    def extend(self, extension: Callable[[bytes], bytes]) -> None:
        """Have `extension` add the series of other processes to whatever is rendered of this registry."""
        self.registry.__dict__["headwater_extension"] = extension

    def _child(self, metric: Metric, labels: dict[str, str]) -> Any:
        key = (metric.name, *labels.items())
        child = self._children.get(key)
        if child is None:
            child = self._collector(metric).labels(service=self.service, **labels)
            self._children[key] = child
        return child

    def _collector(self, metric: Metric) -> Any:
        """The one collector of this metric in the registry."""
        with _COLLECTORS_LOCK:
            held: dict[str, Any] = self.registry.__dict__.setdefault("headwater_collectors", {})
            if metric.name not in held:
                extra: dict[str, Any] = {"buckets": metric.buckets} if metric.kind is Kind.HISTOGRAM else {}
                names = ("service", *metric.labels)
                made = _PROMETHEUS[metric.kind](metric.name, metric.help, names, registry=self.registry, **extra)
                held[metric.name] = made
            return held[metric.name]
