"""The composition does not import heavy libraries, which only tests use."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_engine_starts_without_scientific_packages_beyond_numpy() -> None:
    code = (
        "import sys, headwater.metrics_engine.app\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'pandas'}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert shown.stdout.strip() == "[]"
