"""Notification channels: each is a folder of this package and an entry of `CHANNELS`.

Everything else is derived from the list: settings of alerting, a queue and a worker for each channel, the values of the
label `channel` of its series, the reference pages. To add one: docs/worked-changes.md.
"""

from typing import Any

from headwater.alerting.channels import webhook
from headwater.alerting.channels.port import ChannelType

CHANNELS: tuple[ChannelType[Any], ...] = (webhook.CHANNEL,)
