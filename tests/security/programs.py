"""Every program that serves requests, on empty stores: for decisions before a view is called."""

from collections.abc import Mapping
from pathlib import Path
from unittest.mock import MagicMock

import flask

from headwater.auth.hashing import Hasher
from headwater.auth.store import Store, open_store
from headwater.embedded.services import AUTH, SERVICES
from headwater.runtime.hosting.service import Service
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import Secret
from tests.hosting import application

PEPPER = Secret("a pepper for tests that is long enough")


def programs(verifier: Verifier, directory: Path) -> Mapping[str, flask.Flask]:
    """The applications by service; `directory` holds auth's own database."""
    store = open_store(f"sqlite:///{directory / 'auth.db'}", pepper=PEPPER, hasher=Hasher(memory_kib=8))
    return {service.name: _program(service, verifier, store) for service in SERVICES}


def _program(service: Service, verifier: Verifier, store: Store) -> flask.Flask:
    also = {Store: store} if service is AUTH else {}
    empty = {name: MagicMock() for name in ("bus", "graph", "engine", "audit")}
    return application(service, verifier=verifier, also=also, **empty)
