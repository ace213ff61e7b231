"""The declaration of every channel in the list, and what is derived from it."""

from typing import Any

import pytest

from headwater.alerting.channels import CHANNELS
from headwater.alerting.channels.port import ChannelType
from headwater.alerting.service import SERVICE
from headwater.alerting.settings import Settings
from headwater.runtime.settings import ServiceSettings, load, names
from headwater.runtime.telemetry.series import NOTIFICATIONS

every_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)


@every_channel
def test_its_settings_begin_with_its_name_and_are_settings_of_alerting(channel: ChannelType[Any]) -> None:
    own = set(names(channel.settings)) - set(names(ServiceSettings))
    assert own
    assert [name for name in own if not name.startswith(f"{channel.name}_")] == []
    assert own <= set(names(Settings))


@every_channel
def test_it_is_off_until_it_is_set(channel: ChannelType[Any]) -> None:
    assert not channel.enabled(load(Settings, environ={}))


@every_channel
def test_it_says_for_readers_what_it_does(channel: ChannelType[Any]) -> None:
    assert channel.about.endswith(".")


def test_each_has_a_worker_and_counts_that_begin_at_0() -> None:
    workers = [work.name for work in SERVICE.workers]
    assert [channel.name for channel in CHANNELS if f"{channel.name} notifier" not in workers] == []
    (series,) = [series for series in SERVICE.series if series.name == NOTIFICATIONS.name]
    assert dict(series.values)["channel"] == tuple(channel.name for channel in CHANNELS)
