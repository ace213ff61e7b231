"""Every service can be imported; other guards import all at once and would not show which one fails."""

import importlib

import pytest

from tests.architecture.sources import ROOT

SERVICES = sorted(file.parent.name for file in ROOT.glob("services/*/src/headwater/*/service.py"))


@pytest.mark.parametrize("package", SERVICES)
def test_a_service_can_be_imported(package: str) -> None:
    importlib.import_module(f"headwater.{package}.service")
