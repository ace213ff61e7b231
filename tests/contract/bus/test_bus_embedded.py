import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import GroupTaken
from tests.contract.bus.contract import BusContract, Reader, group, topic
from tests.contract.bus.reading import read, send

__all__ = ["group", "topic"]


class TestEmbeddedBus(BusContract):
    connect = "headwater.bus.embedded:EmbeddedBus"

    @pytest.fixture
    def bus(self, tmp_path: Path) -> Iterator[EmbeddedBus]:
        bus = EmbeddedBus(tmp_path)
        yield bus
        bus.close()

    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return str(tmp_path)

    def test_a_second_member_of_a_group_is_refused_until_the_first_leaves(
        self, bus: EmbeddedBus, topic: str, group: str
    ) -> None:
        first = bus.consumer(group=group, topics=[topic])
        with pytest.raises(GroupTaken, match=group):
            bus.consumer(group=group, topics=[topic])
        first.close()
        bus.consumer(group=group, topics=[topic]).close()

    def test_the_place_in_a_group_is_free_the_moment_its_holder_is_killed(
        self, bus: EmbeddedBus, topic: str, group: str, address: str
    ) -> None:
        with Reader(self.connect, address, group, topic, commit=0) as reader:
            reader.wait_until_ready()
            with pytest.raises(GroupTaken):
                bus.consumer(group=group, topics=[topic])
            reader.kill()
            bus.consumer(group=group, topics=[topic]).close()

    def test_two_processes_append_to_one_topic_without_gaps(
        self, bus: EmbeddedBus, topic: str, group: str, address: str
    ) -> None:
        program = (
            "import sys; from pathlib import Path; from headwater.bus.embedded import EmbeddedBus\n"
            "from headwater.bus.port import Outgoing\n"
            "producer = EmbeddedBus(Path(sys.argv[1])).producer()\n"
            "for i in range(100): producer.send(Outgoing(sys.argv[2], b'child', b'%d' % i)).result(30)\n"
        )
        child = subprocess.Popen([sys.executable, "-c", program, address, topic])
        producer = bus.producer()
        for i in range(100):
            send(producer, topic, b"%d" % i, key=b"parent")
        assert child.wait(60) == 0
        consumer = bus.consumer(group=group, topics=[topic])
        records = read(consumer, 200)
        consumer.close()
        assert [record.offset for record in records] == list(range(200))
        for key in (b"child", b"parent"):
            assert [int(r.value) for r in records if r.key == key] == list(range(100))
