"""The model half of the story: versions, daily predictions, and labels that come days later."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from headwater.sample import names

CUSTOMERS_A_DAY = 160
CHURN_RATE = 0.35
RIGHT = {"1": 0.84, "2": 0.88, "3": 0.92}  # how often each version is right on healthy features
RIGHT_ON_CENTS = 0.66
ACCURACY_FLOOR = 0.8
LABEL_DELAYS = ((2, 0.8), (4, 1.0))  # after two days 80 % of the labels are in, after four all of them

Row = dict[str, Any]


def model_events(today: date) -> Iterator[Row]:
    """Each version is registered and trained, then deployed; its predecessor retires."""
    days = names.calendar(today)
    for version, first in names.VERSIONS.items():
        trained = names.moment(days[first], 4, 31)
        run = {"namespace": names.JOBS, "name": "train_churn", "run_id": names.run_id("train_churn", days[first])}
        yield _model_event(version, "trained", trained, run=run, **_training(version))
        for output in (names.SCORES, names.CAMPAIGN):
            target = {"namespace": output.namespace, "name": output.name}
            yield _model_event(version, "deployed", names.moment(days[first], 5), output=target)
        if version != "1":
            before = str(int(version) - 1)
            yield _model_event(before, "retired", names.moment(days[first], 5, 1))


def _training(version: str) -> Row:
    return {
        "datasets": [{"namespace": names.FEATURES.namespace, "name": names.FEATURES.name}],
        "metrics": {"accuracy": RIGHT[version]},
        "description": "Will this customer leave within thirty days?",
    }


def _model_event(version: str, action: str, at: datetime, **more: Any) -> Row:
    return {
        "namespace": names.MODELS,
        "name": names.MODEL,
        "version": version,
        "action": action,
        "event_time": at.isoformat(),
        "task": "binary",
        "label_set": ["stays", "churns"],
        "positive": "churns",
        "features": [c for c in names.FEATURES.columns if c != "customer_id"],
        **more,
    }


def prediction_batches(today: date) -> Iterator[Row]:
    """One columnar batch a day, scored at midnight."""
    for index, day in enumerate(names.calendar(today)):
        said, _ = _customers(index)
        yield {
            "type": "predictions",
            "model": {"namespace": names.MODELS, "name": names.MODEL},
            "version": names.version_on(index),
            "task": "binary",
            "ids": [_prediction_id(day, row) for row in range(len(said))],
            "event_time": names.moment(day, names.MIDNIGHT).isoformat(),
            "classes": ["churns" if p >= 0.5 else "stays" for p in said],
            "scores": {"churns": said, "stays": [round(1 - p, 4) for p in said]},
            "output": {"namespace": names.SCORES.namespace, "name": names.SCORES.name},
        }


def label_batches(today: date) -> Iterator[Row]:
    """The truth about each day, in two late portions; what is not known by `today` is left out."""
    for index, day in enumerate(names.calendar(today)):
        _, truth = _customers(index)
        begin = 0
        for delay, share in LABEL_DELAYS:
            end = round(share * len(truth))
            known = day + timedelta(days=delay)
            if known <= today:
                yield {
                    "type": "labels",
                    "model": {"namespace": names.MODELS, "name": names.MODEL},
                    "prediction_ids": [_prediction_id(day, row) for row in range(begin, end)],
                    "event_time": names.moment(known, names.MIDNIGHT).isoformat(),
                    "classes": truth[begin:end],
                }
            begin = end


def _prediction_id(day: date, row: int) -> str:
    return f"{day.isoformat()}-{row:04d}"


def _customers(index: int) -> tuple[list[float], list[str]]:
    """Scores (probability of churn) and truth of one day's customers; the same for equal days of the story."""
    chance = random.Random(f"churn-{index}")
    right = RIGHT_ON_CENTS if index > names.SCHEMA_CHANGE else RIGHT[names.version_on(index)]
    said: list[float] = []
    truth: list[str] = []
    for _ in range(CUSTOMERS_A_DAY):
        churns = chance.random() < CHURN_RATE
        seen = churns if chance.random() < right else not churns
        said.append(round(chance.uniform(0.55, 0.98) if seen else chance.uniform(0.02, 0.45), 4))
        truth.append("churns" if churns else "stays")
    return said, truth


def alert_rule() -> Row:
    return {
        "name": "Churn accuracy below 80 %",
        "model_namespace": names.MODELS,
        "model_name": names.MODEL,
        "metric": "accuracy",
        "comparison": "below",
        "threshold": ACCURACY_FLOOR,
        "severity": "critical",
        "for_windows": 2,
    }
