"""The sample story as tests find it on a running product."""

from headwater.contracts.keys import model_key
from headwater.sample import names
from tests.product import Product

MODEL = model_key(names.MODELS, names.MODEL).id


def has_fired(product: Product) -> bool:
    """Whether its alert has fired: everything else came before."""
    alerts = product.get("/api/v1/alerts", product.login(), model=MODEL).json()["items"]
    return any(alert["state"] == "firing" for alert in alerts)
