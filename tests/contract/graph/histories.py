"""Generated histories: facts about a few jobs, datasets and models, few enough to overlap often."""

import random
from collections.abc import Sequence

from headwater.graph.state.facts import (
    AlertFact,
    ColumnSource,
    DatasetFact,
    EntityKey,
    Fact,
    Group,
    JobFact,
    MetricFact,
    ModelFact,
    OutputFact,
    RunFact,
    Stamp,
    StaticFact,
)

SPACES = ("alpha", "beta/eu", "γ-δ")
NAMES = ("db.orders", "db.order items", "s3/raw/Ünïcode.parquet", 'quo"te`d', "loop", "hub", "x" * 300, "日本.表")
STEP = 1_000_000


class History:
    """Draws facts from one random source. `namespace` keeps the histories of one store apart."""

    def __init__(self, seed: int, *, namespace: str = "") -> None:
        self._random = random.Random(seed)
        self._namespace = namespace
        self._event = 0

    def facts(self, events: int) -> list[Fact]:
        """The facts of `events` events, in the order of their creation."""
        kinds = [self._run] * 12 + [self._static, self._declared, self._linked, self._dropped, self._tagged]
        kinds += [self._model, self._output, self._metric, self._alert]
        found: list[Fact] = []
        for _ in range(events):
            self._event += 1
            found += self._random.choice(kinds)()
        return found

    def _stamp(self) -> Stamp:
        return Stamp(self._random.randrange(1, 60) * STEP, f"event{self._event:05d}")

    def _dataset(self) -> EntityKey:
        return (self._namespace + self._random.choice(SPACES), self._random.choice(NAMES))

    def _datasets(self, most: int = 3) -> tuple[EntityKey, ...]:
        return tuple(sorted({self._dataset() for _ in range(self._random.randrange(most + 1))}))

    def _job(self) -> EntityKey:
        return (self._namespace + self._random.choice(SPACES), f"job {self._random.randrange(3)}")

    def _model_key(self) -> EntityKey:
        return (self._namespace + "models", f"model@{self._random.randrange(2)}")

    def _columns(self, outputs: Sequence[EntityKey]) -> tuple[ColumnSource, ...]:
        if not outputs or self._random.random() < 0.7:
            return ()
        source, output = self._dataset(), self._random.choice(outputs)
        column = self._random.choice("abc")
        raw = (
            f'{{"fields":{{"{column}":{{"inputFields":[{{"namespace":"{source[0]}","name":{_quoted(source[1])},'
            f'"field":"id","transformations":[{{"type":"DIRECT","subtype":"IDENTITY"}}]}}]}}}}}}'
        )
        return (ColumnSource(output, f"{hash_of(raw)}", (source,), raw.encode()),)

    def _explicit(self, job: EntityKey) -> tuple[Group, ...] | None:
        if self._random.random() < 0.85:
            return None
        return tuple(Group(job, self._datasets(2), (self._dataset(),)) for _ in range(2))

    def _run(self) -> list[Fact]:
        job, stamp = self._job(), self._stamp()
        outputs = self._datasets(2)
        kind = self._random.choice(
            ["START", "START", "RUNNING", "COMPLETE", "COMPLETE", "COMPLETE", "FAIL", "OTHER", None]
        )
        fact = RunFact(
            key=(*job, f"run {self._random.randrange(14)}"),
            stamp=stamp,
            type=kind,
            producer="tests",
            streaming=self._random.random() < 0.05,
            snapshot=self._random.random() < 0.05,
            inputs=self._datasets(),
            outputs=outputs,
            explicit=self._explicit(job),
            columns=self._columns(outputs),
            facets={"nominalTime": f'{{"at":{stamp.time}}}'.encode()},
            parent=(*self._job(), "run 1") if self._random.random() < 0.2 else None,
        )
        return [fact, JobFact(job, stamp, {"jobType": b'{"processingType":"BATCH","jobType":"INGEST"}'})]

    def _static(self) -> list[Fact]:
        job, outputs = self._job(), self._datasets(1)
        return [
            StaticFact(
                stamp=self._stamp(), job=job, inputs=self._datasets(2), outputs=outputs, columns=self._columns(outputs)
            )
        ]

    def _declared(self) -> list[Fact]:
        dataset = self._dataset()
        return [StaticFact(stamp=self._stamp(), dataset=dataset, outputs=(dataset,), columns=self._columns([dataset]))]

    def _linked(self) -> list[Fact]:
        if self._random.random() < 0.5:
            return self._tagged()
        return [DatasetFact(self._dataset(), self._stamp(), {}, (self._dataset(),))]

    def _dropped(self) -> list[Fact]:
        return [DatasetFact(self._dataset(), self._stamp(), {}, (), dropped=self._random.random() < 0.5)]

    def _tagged(self) -> list[Fact]:
        stamp = self._stamp()
        value = None if self._random.random() < 0.2 else f'{{"tags":[{{"key":"t{stamp.time % 3}"}}]}}'.encode()
        return [DatasetFact(self._dataset(), stamp, {"tags": value})]

    def _model(self) -> list[Fact]:
        run = (*self._job(), f"run {self._random.randrange(14)}") if self._random.random() < 0.5 else None
        return [
            ModelFact(
                model=self._model_key(),
                version=self._random.choice("12"),
                stamp=self._stamp(),
                action=self._random.choice(["registered", "trained", "deployed", "retired"]),
                run=run,
                datasets=self._datasets(1),
                about=b'{"task":"binary"}',
                details=f'{{"artifact_digest":"{self._event}"}}'.encode(),
            )
        ]

    def _output(self) -> list[Fact]:
        return [OutputFact(model=self._model_key(), version="1", stamp=self._stamp(), output=self._dataset())]

    def _metric(self) -> list[Fact]:
        start = self._random.randrange(5) * STEP
        return [
            MetricFact(
                model=self._model_key(),
                version=self._random.choice("12"),
                metric="f1",
                definition=f"f1#{self._random.randrange(2)}",
                start=start,
                end=start + STEP,
                revision=self._random.randrange(3),
                computed_at=self._event,
                result=f"r{self._event}",
                value=self._random.choice((self._random.random(), None)),
                n=3,
            )
        ]

    def _alert(self) -> list[Fact]:
        return [
            AlertFact(
                model=self._model_key(),
                version="1",
                stamp=self._stamp(),
                rule="low f1",
                metric="f1",
                state=self._random.choice(["pending", "firing", "resolved"]),
                severity="warning",
                start=0,
            )
        ]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def hash_of(text: str) -> str:
    """Equal texts, equal digests; any would do."""
    return f"{sum(ord(c) * (i + 1) for i, c in enumerate(text)):032x}"


def batches(facts: Sequence[Fact], seed: int, *, doubled: bool = False) -> list[list[Fact]]:
    """The facts in another order, in batches of other sizes, some of them twice."""
    dice = random.Random(seed)
    listed = [*facts, *dice.sample(list(facts), len(facts) // 2)] if doubled else list(facts)
    dice.shuffle(listed)
    cut: list[list[Fact]] = []
    while listed:
        size = dice.choice([1, 2, 5, 30])
        cut.append(listed[:size])
        del listed[:size]
    return cut
