"""The options of one `headwater up`, passed to its processes as one JSON argument."""

from pathlib import Path

import msgspec

from headwater.embedded.data_dir import DataDir


class StartOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`start`: id of this start of the product; `socket`: descriptor of the listening socket;
    `report`: descriptor on which a process reports that it is ready; `url`: address of the product on this machine.
    `status`: descriptor of the listening socket, on loopback at `status_port`, on which the workers answer the front.
    `public_url`, `allowed_hosts`, `trusted_proxies`: see WebSettings. `disk_floor`: free bytes below which events are
    refused; `mapped`: readers map the graph's file."""

    data_dir: str
    start: str
    url: str
    public_url: str
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    socket: int
    report: int = -1
    status: int = -1
    status_port: int = 0
    open_ingest: bool = False
    open_read: bool = False
    sample: bool = False
    disk_floor: int = 0
    mapped: bool = True

    @property
    def data(self) -> DataDir:
        return DataDir(Path(self.data_dir))


class Report(msgspec.Struct, omit_defaults=True):
    """The report of a process to its supervisor: that it is ready, or in one line why it is not.

    `admin_password`: of the first administrator, once."""

    ready: bool
    admin_password: str | None = None
    error: str | None = None


def encode_start(options: StartOptions) -> str:
    return msgspec.json.encode(options).decode()


def decode_start(text: str) -> StartOptions:
    return msgspec.json.decode(text, type=StartOptions)
