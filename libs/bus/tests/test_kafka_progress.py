from headwater.bus.kafka_progress import usage


def directory(topic: str, taken: int, *, free: int, size: int) -> dict[str, object]:
    partitions = [{"partition_index": 0, "partition_size": taken}, {"partition_index": 1, "partition_size": 1}]
    return {
        "topics": [{"name": topic, "partitions": partitions}],
        "usable_bytes": free,
        "total_bytes": size,
    }


def test_usage_is_that_of_the_fullest_disk_and_of_every_replica() -> None:
    brokers = [
        {"broker": 1, "log_dirs": [directory("t", 10, free=50, size=100)]},
        {"broker": 2, "log_dirs": [directory("t", 20, free=30, size=100), directory("u", 5, free=90, size=100)]},
    ]
    assert usage(brokers) == (30, 100, {"t": 32, "u": 6})


def test_brokers_that_do_not_report_the_size_of_their_disks_are_skipped() -> None:
    assert usage([{"broker": 1, "log_dirs": [directory("t", 1, free=-1, size=-1)]}])[:2] == (0, 0)
