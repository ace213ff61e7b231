"""A stream program does not wait indefinitely for a head."""

import gevent
import pytest
from gevent import socket
from gevent.pywsgi import WSGIServer

from headwater.api_gateway.patience import Patient
from tests.patience import LONG

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.loopback
def test_half_a_head_and_a_rest_end_in_time_and_a_stream_does_not() -> None:
    go = gevent.event.Event()

    def app(environ: object, start_response: object) -> object:
        start_response("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]
        yield b"begun"
        go.wait(LONG)
        yield b"ended"

    patient = Patient(app, 1.0)  # type: ignore[arg-type]
    server = patient.server(WSGIServer)(("127.0.0.1", 0), patient, log=None)
    server.start()
    stream, half = (socket.create_connection(("127.0.0.1", server.server_port), timeout=LONG) for _ in range(2))
    stream.sendall(HEAD)
    half.sendall(HEAD[:20])
    answer = b""
    while b"begun" not in answer:
        answer += stream.recv(1000)
    assert half.recv(1000) == b""  # closed when its time was up, and the stream's, which began before, was not
    go.set()
    rest = b""
    while piece := stream.recv(1000):  # and closed in the end, as no further request came
        rest += piece
    assert b"ended" in rest
    stream.close()
    half.close()
    server.stop(timeout=1)
