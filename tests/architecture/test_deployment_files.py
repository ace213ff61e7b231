"""The files that describe a deployment, checked without a container engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from headwater.cli.commands.up import DEFAULT_PORT
from headwater.embedded.configuration import PROGRAMS as SERVED
from headwater.embedded.configuration import VARIABLES, programs, variables
from headwater.local.addresses import Addresses
from headwater.local.distributed.layout import Layout
from headwater.local.distributed.programs import PROGRAMS, inbound_principals, own_settings
from headwater.runtime.settings import describe
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.web.access import GIVEN_ID
from tests.architecture.sources import ROOT, files

BIN = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())
STORES = ("kafka", "neo4j", "postgres")
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules/headwater.yml").read_text())["groups"][0]["rules"]
IMAGE = {"HEADWATER_STATIC_DIR"}
"""Variables that the image sets: passed on without a value, they would be unset."""


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_yaml_files_are_well_formed() -> None:
    run(str(BIN / "yamllint"), "-s", *(str(file) for file in files() if file.suffix in {".yaml", ".yml"}))


def test_the_compose_file_follows_the_compose_specification() -> None:
    run(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "deploy/compose/compose.yaml")


def test_the_dockerfile_passes_its_linter() -> None:
    run(str(BIN / "hadolint"), "deploy/docker/Dockerfile")


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "deploy/docker/Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1].split(":")[0] not in {"0", "root"}


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_a_container_has_a_pinned_tag_and_a_healthcheck(name: str) -> None:
    service = COMPOSE["services"][name]
    assert re.search(r":v?\d+\.\d+\.\d+|:\d+\.\d+-", service["image"]), service["image"]
    assert service["healthcheck"] == {"disable": True} if name == "migrate" else "test" in service["healthcheck"]


def test_every_program_is_a_container() -> None:
    commands = {tuple(service.get("command", ())) for service in COMPOSE["services"].values()}
    assert {("serve", program) for program in PROGRAMS} <= commands
    assert set(PROGRAMS) == set(SERVED)


def test_stores_publish_no_port_and_are_reached_from_inside_alone() -> None:
    for name in STORES:
        assert "ports" not in COMPOSE["services"][name]
        assert COMPOSE["services"][name]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_published_ports_are_on_loopback() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_a_container_waits_for_what_it_needs_to_be_healthy() -> None:
    conditions = {
        needed["condition"]
        for service in COMPOSE["services"].values()
        for needed in service.get("depends_on", {}).values()
    }
    assert conditions == {"service_healthy", "service_completed_successfully"}


def test_secrets_are_files_that_exist_after_make_secrets(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets"
    script.write_text((ROOT / "deploy/compose/make-secrets").read_text())
    subprocess.run(["bash", str(script)], check=True, capture_output=True)
    made = {f"./secrets/{file.name}" for file in (tmp_path / "secrets").iterdir()}
    assert made == {secret["file"] for secret in COMPOSE["secrets"].values()}


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_no_secret_stands_in_the_environment(name: str) -> None:
    environment = COMPOSE["services"][name].get("environment", {})
    open_secrets = [key for key in environment if re.search(r"(?i)password|token|pepper|database_url|auth$", key)]
    assert [key for key in open_secrets if not key.endswith("_FILE")] == []
    mounted = {f"/run/secrets/{secret}" for secret in COMPOSE["services"][name].get("secrets", ())}
    needed = {value for key, value in environment.items() if key.endswith("_FILE")}
    assert mounted <= needed | {"/run/secrets/neo4j_password"}


def test_the_environment_of_containers_is_known_to_the_services() -> None:
    named = {key for name in PROGRAMS for key in COMPOSE["services"][name]["environment"]}
    assert named - variables() == set()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_container_passes_on_every_setting_that_its_program_uses(name: str) -> None:
    told = COMPOSE["services"][name]["environment"]
    settings = [setting for setting in describe(programs()[name]) if setting.used_in("distributed")]
    missing = {
        setting.environ
        for setting in settings
        if setting.environ not in told and not (setting.secret and f"{setting.environ}_FILE" in told)
    }
    assert missing - IMAGE == set()
    assert IMAGE & told.keys() == set()
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert [variable for variable in IMAGE if f"{variable}=" not in dockerfile] == []


def test_containers_read_the_settings_file_of_the_folder() -> None:
    (file,) = re.findall(r"^\$\{HEADWATER_CONFIG_FILE:-(.*)\}$", COMPOSE["configs"]["settings"]["file"])
    assert (ROOT / "deploy/compose" / file).is_file()
    for name in (*PROGRAMS, "migrate"):
        (mounted,) = COMPOSE["services"][name]["configs"]
        assert mounted["source"] == "settings"
        assert COMPOSE["services"][name]["environment"]["HEADWATER_CONFIG_FILE"] == mounted["target"]


def test_what_compose_asks_of_the_shell_is_documented() -> None:
    asked = set(re.findall(r"\$\{(HEADWATER_\w+)", (ROOT / "deploy/compose/compose.yaml").read_text()))
    assert asked - variables() == set()
    page = (ROOT / "docs/reference/settings.md").read_text()
    assert [variable for variable in VARIABLES if f"`{variable}`" not in page] == []


def test_the_environment_of_processes_is_known_to_the_services() -> None:
    ports = dict.fromkeys(PROGRAMS, 1)
    addresses = Addresses("k", "n", "u", "p", "d")
    own = own_settings(addresses, ports, Layout(Path("x")), dashboard=Path("y"), origin="o", given={})
    assert (own.keys() | inbound_principals("hw_id_secret", {}).keys()) - variables() == set()


def test_every_program_is_scraped() -> None:
    scrape: Any = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"][0]
    assert {target.split(":")[0] for target in scrape["static_configs"][0]["targets"]} == set(PROGRAMS)


def test_prometheus_tells_the_alertmanager_beside_it() -> None:
    told = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["alerting"]["alertmanagers"][0]
    ((name, port),) = [target.split(":") for target in told["static_configs"][0]["targets"]]
    assert COMPOSE["services"][name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert "alertmanager" in COMPOSE["services"]["prometheus"]["depends_on"]


def test_the_job_of_the_embedded_product_asks_its_usual_port() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/embedded.yml").read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{DEFAULT_PORT}"]}]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_uses_metrics_that_exist_and_is_explained(rule: dict[str, Any]) -> None:
    known = {metric.name for metric in vars(telemetry).values() if isinstance(metric, telemetry.Metric)}
    assert set(re.findall(r"headwater_\w+", rule["expr"])) <= known
    runbook, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == rule["alert"].lower()
    entry = (ROOT / runbook).read_text().partition(f"### {rule['alert']}\n")[2].partition("\n#")[0]
    assert "```console" in entry, "its entry names the first command to run"


def test_nginx_keeps_the_request_ids_that_the_services_keep() -> None:
    template = (ROOT / "deploy" / "nginx" / "headwater.conf.template").read_text()
    (kept,) = re.findall(r'"~\^(\S+)\$"\s+\$http_x_request_id;', template)
    assert kept == GIVEN_ID.pattern
