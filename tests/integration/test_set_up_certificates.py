"""Set-up behind a TLS-inspecting proxy: download tools trust the certificates that pip trusts."""

import datetime
import http.server
import ipaddress
import os
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.patience import LONG

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
DAY = datetime.timedelta(days=1)
VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, signed by an unknown authority; the authority's own is the first file."""
    now = datetime.datetime.now(datetime.UTC)
    key, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an inspecting proxy")])

    def builder(subject: x509.Name, of: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(of.public_key())
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - DAY).not_valid_after(now + DAY)

    root = builder(issuer, authority).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), key).add_extension(named, False)
    pem = serialization.Encoding.PEM
    trusted, served = directory / "authority.pem", directory / "served.pem"
    trusted.write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    served.write_bytes(private + leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
    return trusted, served


def registry(directory: Path) -> None:
    """A package registry of one empty package."""
    pages = directory / "simple" / "thing"
    pages.mkdir(parents=True)
    wheel = "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pages / wheel, "w") as file:
        file.writestr("thing.py", "")
        about = "thing-1.0.dist-info"
        file.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    (pages / "index.html").write_text(f'<!doctype html><a href="{wheel}">{wheel}</a>')


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # as the base class names it
        """Nothing."""


@pytest.fixture
def inspected(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The URL of a registry behind such a proxy, and the certificate that the machine trusts."""
    trusted, served = certificate(tmp_path)
    registry(tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"https://127.0.0.1:{server.server_port}/simple", trusted
    server.shutdown()
    serving.join()
    server.server_close()


def make(recipe: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a recipe as one of the Makefile's."""
    clean = {k: v for k, v in os.environ.items() if k not in VARIABLES and not k.startswith(("UV_", "PIP_", "MAKE"))}
    command = ["make", "-s", f"--eval=probe: ; @{recipe}", "probe"]
    return subprocess.run(
        command, cwd=ROOT, env=clean | variables, capture_output=True, text=True, timeout=LONG, check=False
    )


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_certificate_that_the_environment_names_for_one_program_is_trusted_by_uv(
    inspected: tuple[str, Path], variable: str, tmp_path: Path
) -> None:
    url, trusted = inspected
    recipe = f"$(UV) pip install -q --no-cache --no-deps --target {tmp_path / 'here'} --default-index {url} thing==1.0"
    refused = make(recipe)
    assert refused.returncode != 0
    assert "certificate" in refused.stderr.lower()
    done = make(recipe, **{variable: str(trusted)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "thing.py").exists()


def test_else_uv_and_node_trust_what_the_machine_trusts() -> None:
    shown = make("env").stdout.splitlines()
    assert {"UV_SYSTEM_CERTS=true", "NODE_USE_SYSTEM_CA=1"} <= set(shown)
    assert "UV_SYSTEM_CERTS=false" in make("env", UV_SYSTEM_CERTS="false").stdout.splitlines()
