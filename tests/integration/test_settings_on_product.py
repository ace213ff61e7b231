"""Settings by file, environment and flag take effect in the running product, in both modes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from headwater.contracts.keys import model_key
from tests.conftest import SETTINGS
from tests.distributed import DistributedProduct
from tests.load import MODEL_EVENTS, registered
from tests.patience import LONG, eventually
from tests.product import Product, running
from tests.progress import send_and_settle

pytestmark = pytest.mark.timeout(240)
MODEL = {"namespace": "settings", "name": "churn"}
PREDICTED = ("2026-03-01T12:10:00Z", "2026-03-01T13:10:00Z")
HOURS = {("2026-03-01T12:00", "2026-03-01T13:00"), ("2026-03-01T13:00", "2026-03-01T14:00")}
PASSWORD = "four score and seven years"


@contextmanager
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """A webhook: its address, and what it received."""
    came: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing: tests assert what arrived."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", came
        server.shutdown()


def prediction(number: int, at: str) -> dict[str, Any]:
    told = {"task": "binary", "class": "yes", "scores": {"yes": 0.8}}
    return {"id": f"p-{number}", "event_time": at, "model": MODEL, "version": "1", "prediction": told}


def label(number: int, at: str) -> dict[str, Any]:
    return {"model": MODEL, "prediction_id": f"p-{number}", "event_time": at, "label": {"task": "class", "class": "no"}}


def windows(product: Product, token: str) -> set[tuple[str, str]]:
    """Start and end, to the minute, of each window in which the model's accuracy is known."""
    model = model_key(MODEL["namespace"], MODEL["name"]).id
    answer = product.get(f"/api/v1/models/{model}/metrics", token, metric="accuracy")
    return {(point["window_start"][:16], point["window_end"][:16]) for point in answer.json().get("points", ())}


@pytest.mark.embedded
def test_the_embedded_product_honours_file_environment_and_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file for `--config`: window length, grace, first password; the environment overrides its log level."""
    file = tmp_path / "headwater.toml"
    with receiver() as (webhook, came):
        file.write_text(
            f'window_seconds = 3600\nwindow_grace_seconds = 0\nlog_level = "ERROR"\nadmin_password = "{PASSWORD}"\n'
            'public_url = "https://of-the-file.example"\nport = "of distributed mode"\n'
        )
        monkeypatch.setenv("HEADWATER_WEBHOOK_URL", webhook)
        monkeypatch.setenv("HEADWATER_LOG_LEVEL", "INFO")
        flags = ("--port", "0", "--config", str(file), "--public-url", "https://of-the-flag.example")
        with running(tmp_path / "data", *flags) as product:
            product.admin_password = PASSWORD
            assert "public address  https://of-the-flag.example" in product.output
            token = product.login()
            send_and_settle(product, MODEL_EVENTS, registered(**MODEL))
            add_rule(product, token)
            for number, at in enumerate(PREDICTED):
                product.post("/api/v1/predictions", prediction(number, at)).raise_for_status()
                product.post("/api/v1/labels", label(number, at)).raise_for_status()
            eventually(lambda: windows(product, token) == HOURS)
            eventually(lambda: came)
            assert "https://of-the-flag.example" in json.dumps(came)
            assert product.get("/api/v1/users", "no token").status_code == 401  # such a request is logged
        assert '"level":"info"' in (tmp_path / "data/logs/workers.log").read_text()
        assert '"level":"info"' in (tmp_path / "data/logs/front.log").read_text()


def add_rule(product: Product, token: str) -> None:
    """Once alerting knows the model."""
    rule: dict[str, Any] = {
        "name": "low",
        "model_namespace": MODEL["namespace"],
        "model_name": MODEL["name"],
        "metric": "accuracy",
        "comparison": "below",
        "threshold": 0.5,
        "severity": "warning",
        "min_rows": 1,
    }
    headers = {"Authorization": f"Bearer {token}"}

    def added() -> bool:
        answer = requests.post(f"{product.url}/api/v1/alerts/rules", json=rule, headers=headers, timeout=LONG)
        return answer.ok

    eventually(added)


def test_a_setting_of_the_caller_reaches_the_programs_of_run_distributed(distributed: DistributedProduct) -> None:
    most = int(SETTINGS["HEADWATER_BATCH_EVENTS"])
    answer = distributed.post("/api/v1/lineage/batch", [0] * (most + 1))
    assert answer.status_code == 422, answer.text
    assert f"more than {most} events" in answer.text
    for program, declared in (("ingest-gateway", "HEADWATER_BATCH_EVENTS"), ("auth", "HEADWATER_REGISTRATION")):
        environ = distributed.child(program).environ()
        assert {name: environ[name] for name in SETTINGS if name in environ} == {declared: SETTINGS[declared]}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HEADWATER_WINDW_SECONDS": "60"}, "HEADWATER_WINDW_SECONDS (did you mean HEADWATER_WINDOW_SECONDS?)"),
        ({"HEADWATER_WINDOW_SECONDS": "long"}, "HEADWATER_WINDOW_SECONDS: "),
        ({"HEADWATER_CONFIG_FILE": "nowhere.toml"}, "cannot read the settings file nowhere.toml"),
    ],
    ids=["name", "value", "file"],
)
def test_a_wrong_setting_ends_run_distributed_before_anything_starts(
    variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    product = DistributedProduct(tmp_path / "data", variables=variables)
    with pytest.raises(RuntimeError) as refused:
        product.start()
    assert said in str(refused.value)
    assert len(product.output) == 2, product.output  # the reason, and that it has stopped
    assert not (tmp_path / "data").exists()
