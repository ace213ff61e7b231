"""Another program, which knows keys and users only through the identity feed over HTTP."""

import socket
import threading
from collections.abc import Iterator

import flask
import pytest

from headwater.auth import accounts
from headwater.auth.people import named
from headwater.auth.store import Store
from headwater.contracts.problems import Problems
from headwater.runtime.identity.verifier import HttpIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.stop import StopSignal
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.serve import serve
from tests.patience import LONG, eventually, promised

from .callers import PEPPER, SERVICE_TOKEN, Clock, LogIn

pytestmark = pytest.mark.loopback


@pytest.fixture
def address(app: flask.Flask) -> Iterator[str]:
    stop = StopSignal()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        serving = threading.Thread(target=serve, args=(app,), kwargs={"stop": stop, "listener": listener})
        serving.start()
        yield f"http://127.0.0.1:{port}"
        stop.set()
        serving.join(LONG)


@pytest.fixture
def feed(address: str) -> Iterator[HttpIdentityFeed]:
    made = HttpIdentityFeed(address, SERVICE_TOKEN)
    yield made
    made.close()


def test_what_is_new_works_at_once_and_what_is_revoked_ends_within_five_seconds(
    store: Store, feed: HttpIdentityFeed, log_in: LogIn, clock: Clock
) -> None:
    eventually(lambda: feed.age() < float("inf"))
    verifier = Verifier(feed, PEPPER, SERVICE_TOKEN, clock)
    key, ada = accounts.create_key(store, "loader"), log_in()
    credentials = (f"Bearer {key.secret}", ada.headers["Authorization"])
    assert [verifier.authenticate(shown).kind for shown in credentials] == ["key", "user"]
    accounts.revoke_key(store, key.id)
    accounts.disable_user(store, named("ada"))

    def refused(shown: str) -> bool:
        try:
            verifier.authenticate(shown)
        except Problem as problem:
            return problem.problem is Problems.UNAUTHENTICATED
        return False

    with promised(5):
        eventually(lambda: all(refused(shown) for shown in credentials))
    eventually(lambda: accounts.list_keys(store)[0].last_used_at is not None)


def test_without_the_service_token_nothing_is_learnt(address: str) -> None:
    feed = HttpIdentityFeed(address, Secret("guess"), start=False)
    feed.poll()
    assert feed.age() == float("inf")
    assert feed.current().keys == []
