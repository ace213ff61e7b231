"""The declarations are the only list: everything else that names services, routes or topics agrees with them."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.contracts import topics
from headwater.contracts.description import DESCRIPTION
from headwater.embedded.configuration import PROGRAMS as SERVED
from headwater.embedded.dispatch import places
from headwater.embedded.services import API_GATEWAY, CONSUMERS, INGEST_GATEWAY, SERVICES, STREAM
from headwater.local.distributed.programs import PROGRAMS
from headwater.runtime.hosting.host import works
from headwater.runtime.hosting.service import Service
from headwater.runtime.settings import environ_name, names
from headwater.runtime.telemetry import series as telemetry
from tests.architecture.sources import ROOT

BY_NAME = {service.name: service for service in SERVICES}
NGINX = (ROOT / "deploy/nginx/headwater.conf.template").read_text()
OTHERS_THAN_AUTH = "all services but auth"
PARTS = ("libs", "services", "deploy", "tests")


def test_every_folder_of_a_service_declares_one_and_the_product_has_it() -> None:
    folders = {file.parents[3].name for file in ROOT.glob("services/*/src/headwater/*/service.py")}
    assert folders == {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}
    assert folders | {STREAM.name} == set(BY_NAME)


def test_run_distributed_and_the_command_start_every_service() -> None:
    assert set(PROGRAMS) == set(SERVED) == set(BY_NAME)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_public_route_is_served_in_both_modes(service: Service) -> None:
    """By the api-gateway, which forwards it or serves the path itself, or by the service behind the same origin."""
    gateway = {(method, _shape(path)) for method, path in places(API_GATEWAY)}
    direct = {INGEST_GATEWAY.name, STREAM.name}
    missing = [
        f"{_file(route.view)}: {route.method} {route.path}"
        for group in service.routes
        for route in group
        if not route.path.startswith("/internal/")
        and service.name not in direct
        and (route.method, _shape(route.path)) not in gateway
    ]
    assert missing == [], "run `make generate`: the gateway passes on what the description says"


def test_nginx_sends_the_routes_of_the_ingest_gateway_and_the_stream_to_them() -> None:
    ((methods, mapped),) = re.findall(r'"~\^(\w+) /api/v1/\(([^)]+)\)\$"\s+ingest_gateway;', NGINX)
    assert {(methods, f"/api/v1/{path}") for path in mapped.split("|")} == set(places(INGEST_GATEWAY))
    assert re.findall(r"location = (\S+) \{[^}]*proxy_pass\s+http://event_stream", NGINX) == [
        path for _, path in places(STREAM)
    ]


def test_the_description_has_each_public_route_once_with_its_permission() -> None:
    described = {
        (method.upper(), _shape(path)): operation.get("x-headwater-permission")
        for path, operations in DESCRIPTION["paths"].items()
        for method, operation in operations.items()
    }
    declared = {
        (route.method, _shape(route.path)): route.permission
        for service in SERVICES
        for group in service.routes
        for route in group
        if not route.path.startswith("/internal/") and not route.owner
    }
    assert described == declared


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.name)
def test_a_topic_has_the_writers_and_readers_that_declare_it(topic: topics.Topic) -> None:
    writers = {service.name for service in SERVICES if topic.name in service.produces}
    readers = {service.name for service in SERVICES if topic.name in (*service.consumes, *service.follows)}
    about = f"libs/contracts/topics/{topic.name}.yaml"
    assert readers == set(topic.consumers), about
    if topic.producers == (OTHERS_THAN_AUTH,):
        assert writers, about
    elif topic.scope == "internal":
        assert writers == set(topic.producers) & set(BY_NAME), about


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_writes_what_it_produces_and_tests_what_it_writes_and_reads(service: Service) -> None:
    """The audit trail, which the host writes for a service, is tested with the host."""
    hosted = {topics.AUDIT_EVENTS} if service.needs.audit else set()
    sources = "\n".join(text for file, text in _sources(service) if file.name != "service.py")
    tests = _tests(service)
    assert [topic for topic in {*service.produces} - hosted if not _names(topic, sources)] == [], "never written"
    ends = {*service.produces, *service.consumes, *service.follows} - hosted
    assert [topic for topic in sorted(ends) if not _names(topic, tests)] == [], "in no test of the service"


def test_what_is_consumed_or_produced_is_a_topic() -> None:
    known = {topic.name for topic in topics.TOPICS}
    for service in SERVICES:
        assert {*service.consumes, *service.produces, *service.follows} <= known, service.name


def test_every_worker_of_a_service_runs_in_one_process_of_the_embedded_product() -> None:
    beside_requests = (INGEST_GATEWAY, STREAM)
    assert {service.name for service in SERVICES if works(service)} == {
        service.name for service in (*CONSUMERS, *beside_requests)
    }


def _read() -> Iterator[str]:
    for member in ("services", "libs", "deploy"):
        for file in ROOT.glob(f"{member}/*/src/**/*.py"):
            if file.name != "settings.py":
                yield file.read_text()


def test_every_setting_is_read() -> None:
    text = "\n".join(_read())
    unread = {
        f"{_file(service.settings)}: {name}"
        for service in SERVICES
        for name in names(service.settings)
        if not re.search(rf"\.{name}\b", text) and not name.endswith("_url")
    }
    assert unread == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_setting_that_is_read_is_declared(service: Service) -> None:
    read = {
        f"{file.relative_to(ROOT)}: {name}"
        for file, text in _sources(service)
        for name in re.findall(r"\bsettings\.([a-z]\w*)\b", text)
        if name not in names(service.settings)
    }
    assert read == set()


def test_every_setting_is_given_a_value_by_a_test() -> None:
    files = [file for part in PARTS for file in ROOT.glob(f"{part}/**/test_*.py")]
    tests = "\n".join(file.read_text() for file in files if "architecture" not in file.parts)
    untested = {
        name
        for service in SERVICES
        for name in names(service.settings)
        if not re.search(rf"\b(?:{name}|{environ_name(name)})\b", tests) and not name.endswith("_url")
    }
    assert untested == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_is_made_from_the_parts_of_a_service_is_used(service: Service) -> None:
    """A periodic task or a worker that is not declared would never run."""
    sources = list(_sources(service))
    text = "\n".join(text for _, text in sources)
    unused = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, own in sources
        for name in re.findall(r"^def (\w+)\([^)]*\bparts: Parts\)", own, re.MULTILINE)
        if not re.search(rf"(?<!def )\b{name}\b(?! import)", text)
    ]
    assert unused == [], "SERVICE does not name them"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_periodic_task_is_run_by_a_test(service: Service) -> None:
    tests = _tests(service)
    assert [task.name for task in service.periodic if not re.search(rf"\b{task.name}\b", tests)] == []


def test_every_series_of_a_service_is_moved() -> None:
    text = "\n".join(_read())
    constants = {metric.name: name for name, metric in vars(telemetry).items() if isinstance(metric, telemetry.Metric)}
    still = {
        f"{Path(_file(service.settings)).with_name('service.py')}: {constants[metric.name]}"
        for service in SERVICES
        for metric in service.series
        if not re.search(rf"\b(?:inc|set|observe)\b[(,][^\n]*\b{constants[metric.name]}\b", text)
    }
    assert still == set()


def test_prometheus_scrapes_every_service() -> None:
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = {target.split(":")[0] for job in jobs for config in job["static_configs"] for target in config["targets"]}
    assert set(BY_NAME) <= targets


def _sources(service: Service) -> Iterator[tuple[Path, str]]:
    folder = Path(inspect.getsourcefile(service.settings) or "").parent
    return ((file, file.read_text()) for file in sorted(folder.rglob("*.py")))


def _tests(service: Service) -> str:
    folder = Path(inspect.getsourcefile(service.settings) or "").parents[3] / "tests"
    return "\n".join(file.read_text() for file in sorted(folder.rglob("*.py")))


def _names(topic: str, text: str) -> bool:
    """Whether a program names a topic, by its constant or as a string."""
    return re.search(rf"\b{topic.upper().replace('.', '_')}\b|[\"']{re.escape(topic)}[\"']", text) is not None


def _file(of: Any) -> str:
    """Where something is declared, from the root of the repository."""
    return str(Path(inspect.getsourcefile(of) or "").relative_to(ROOT))


def _shape(path: str) -> str:
    """A path whose parameters have no names."""
    return re.sub(r"[<{][^<>{}]+[>}]", "{}", path)


def test_a_service_that_keeps_rows_of_a_namespace_declares_how_it_forgets_them() -> None:
    keeping = {service.name for service in SERVICES if service.needs.database and _keeps_namespaces(service)}
    assert keeping == {service.name for service in SERVICES if service.forget is not None}


def _keeps_namespaces(service: Service) -> bool:
    """Whether a table has a column `namespace`; grants, which name prefixes, are kept."""
    tables = importlib.import_module(f"headwater.{service.name.replace('-', '_')}.tables")
    return any("namespace" in table.columns for table in tables.metadata.sorted_tables)
