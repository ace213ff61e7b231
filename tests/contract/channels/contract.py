"""What any channel promises. Subclasses provide `channel` and `receiver`; nothing here knows how a channel delivers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec
import pytest
import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.app import create_notifier
from headwater.alerting.channels.port import Channel, ChannelType, Delivered, Notification, Retry
from headwater.alerting.handlers import ResultsHandler
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Change, Rule, event
from headwater.alerting.service import SERVICE
from headwater.alerting.settings import OwnSettings, Settings
from headwater.alerting.tables import notifications
from headwater.bus.port import Record
from headwater.contracts.alerts import AlertState
from headwater.contracts.metrics import MetricResult, MetricValue, Window
from headwater.contracts.predictions import ModelRef
from headwater.contracts.topics import METRIC_RESULTS
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.settings import describe, load
from headwater.runtime.telemetry.series import Telemetry
from tests.hosting import hosted

DAY = 86_400_000_000
NOW = 1_000 * DAY
RULE = Rule(
    id="r1", name="accuracy too low", model=ModelRef("shop", "churn"), metric="accuracy", comparison="below",
    threshold=0.8, severity="critical", for_windows=1,
)  # fmt: skip


class Receiver(Protocol):
    """The receiver of a channel in a test. `environ`: the settings that point the channel to it."""

    environ: Mapping[str, str]

    def refuse(self) -> None:
        """Refuse everything from now on."""

    def accept(self) -> None:
        """Accept everything again."""

    def received(self) -> list[str]:
        """Each accepted message in full, oldest first."""


def notification(state: AlertState = "firing") -> Notification:
    change = Change(state, Window(0, DAY), 1, 0.25, 90)
    return Notification(event(RULE, "3", change, emitted_at=1), "https://hw.example")


class ChannelContract:
    channel: ClassVar[ChannelType[Any]]

    @pytest.fixture
    def settings(self, receiver: Receiver) -> OwnSettings:
        return load(Settings, environ=receiver.environ)

    @pytest.fixture
    def sender(self, settings: OwnSettings) -> Channel:
        return self.channel.create(settings)

    @pytest.fixture
    def parts(self, settings: OwnSettings, tmp_path: Path) -> Iterator[Parts]:
        """Alerting with only this channel."""
        engine = database.DATABASE.connect(f"sqlite:///{tmp_path / 'alerting.db'}")
        database.DATABASE.migrate(engine)
        yield hosted(SERVICE, settings, engine=engine, clock=lambda: NOW)
        engine.dispose()

    def test_it_is_on_where_its_settings_name_a_receiver(self, settings: OwnSettings) -> None:
        assert self.channel.enabled(settings)

    def test_a_message_says_which_rule_model_and_version_and_how_it_stands(
        self, sender: Channel, receiver: Receiver
    ) -> None:
        for state in ("firing", "resolved"):
            assert sender.send(notification(state)) == Delivered()
        messages = receiver.received()
        assert len(messages) == 2
        for state, message in zip(("firing", "resolved"), messages, strict=True):
            assert [word for word in ("accuracy too low", "churn", "3", state, "0.25") if word not in message] == []

    def test_what_the_receiver_does_not_take_is_worth_a_retry(self, sender: Channel, receiver: Receiver) -> None:
        receiver.refuse()
        answer = sender.send(notification())
        assert isinstance(answer, Retry), answer
        assert answer.reason
        receiver.accept()
        assert sender.send(notification()) == Delivered()
        assert len(receiver.received()) == 1

    def test_a_reason_shows_no_secret(self, sender: Channel, receiver: Receiver) -> None:
        secrets = [receiver.environ.get(s.environ) for s in describe(self.channel.settings) if s.secret]
        receiver.refuse()
        answer = sender.send(notification())
        assert isinstance(answer, Retry), answer
        assert [secret for secret in secrets if secret and secret in answer.reason] == []

    def test_it_says_how_long_a_receiver_may_keep_it_waiting(self, sender: Channel) -> None:
        assert 0 < sender.timeout < 60

    def test_alerting_sends_by_it_what_a_rule_finds_once(self, parts: Parts, receiver: Receiver) -> None:
        _fire(parts)
        notifier = create_notifier(self.channel, parts)
        assert notifier is not None
        assert [notifier.send_due(), notifier.send_due()] == [1, 0]
        (message,) = receiver.received()
        assert "accuracy too low" in message
        assert _queue(parts) == [(self.channel.name, "sent", 1)]
        sent = f'headwater_notifications_total{{channel="{self.channel.name}",result="sent",service="alerting"}} 1.0'
        assert sent in parts.get(Telemetry).render().decode().splitlines()

    def test_alerting_keeps_what_the_receiver_did_not_take(self, parts: Parts, receiver: Receiver) -> None:
        _fire(parts)
        receiver.refuse()
        notifier = create_notifier(self.channel, parts)
        assert notifier is not None
        assert [notifier.send_due(), notifier.send_due()] == [1, 0]
        assert _queue(parts) == [(self.channel.name, "waiting", 1)]


def _fire(parts: Parts) -> None:
    """A rule, and a result that breaches it."""
    engine, judge = parts.get(sa.Engine), parts.get(Judge)
    with database.writing(engine) as connection:
        assert store.add_rule(connection, RULE, created_at=1)
    value = MetricValue(metric="accuracy", definition="accuracy@1", value=0.25, reason=None, n=100, labelled=90)
    result = MetricResult(
        id="m1", model=RULE.model, version="3", source="computed", window=Window(0, DAY), slice=None, revision=1,
        computed_at=0, results=[value],
    )  # fmt: skip
    record = Record(METRIC_RESULTS, 0, 0, None, msgspec.json.encode(result), (), 0)
    ResultsHandler(engine, judge, clock=lambda: NOW).handle([(record, result)], {})


def _queue(parts: Parts) -> list[tuple[str, str, int]]:
    n = notifications.c
    with database.reading(parts.get(sa.Engine)) as connection:
        rows = connection.execute(sa.select(n.channel, n.status, n.attempts).order_by(n.sequence))
        return [(row.channel, row.status, row.attempts) for row in rows]
