"""Posts alerts to one address, in the shape of Alertmanager's webhook, version 4."""

from headwater.alerting.channels.port import ChannelType
from headwater.alerting.channels.webhook.delivery import Webhook
from headwater.alerting.channels.webhook.settings import Settings

CHANNEL = ChannelType(
    name="webhook",
    about="Posts JSON in the shape of Alertmanager's webhook (version 4), one alert in each message.",
    settings=Settings,
    enabled=lambda settings: bool(settings.webhook_url),
    create=lambda settings: Webhook(settings.webhook_url.reveal(), timeout=settings.webhook_timeout),
)
