"""`make run-distributed` monitors itself: Prometheus scrapes every program and is connected to Alertmanager."""

from tests.distributed import PROGRAMS, DistributedProduct
from tests.patience import eventually


def test_every_program_is_scraped_and_alerts_have_somewhere_to_go(distributed: DistributedProduct) -> None:
    def scraped() -> set[str]:
        targets = distributed.prometheus("targets")["activeTargets"]
        return {target["labels"]["program"] for target in targets if target["health"] == "up"}

    eventually(lambda: scraped() == set(PROGRAMS))
    assert len(distributed.prometheus("alertmanagers")["activeAlertmanagers"]) == 1
    rules = distributed.prometheus("rules")["groups"][0]["rules"]
    assert {"HeadwaterServiceDown", "HeadwaterDisk"} < {rule["name"] for rule in rules}
    assert distributed.prometheus("query?query=headwater_disk_free_bytes")["result"]
