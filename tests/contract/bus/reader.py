"""The child process of the contract: reads a topic, commits up to an offset, reports it, and waits to be killed."""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from headwater.bus.port import Bus, Consumer, TopicPartition


def connect(told: dict[str, Any]) -> Bus:
    module, _, name = told["connect"].partition(":")
    made = getattr(importlib.import_module(module), name)
    bus: Bus = made(told["address"], client_id="reader") if name == "KafkaBus" else made(Path(told["address"]))
    return bus


def main(told: dict[str, Any]) -> None:
    consumer: Consumer = connect(told).consumer(group=told["group"], topics=[told["topic"]])
    found = consumer.poll(timeout=0.1, max_records=100)
    while not consumer.assigned():
        found += consumer.poll(timeout=0.1, max_records=100)
    print("ready", flush=True)
    while not found:
        found += consumer.poll(timeout=10, max_records=100)
    consumer.commit({TopicPartition(told["topic"], 0): told["commit"]})
    print(len(found), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
