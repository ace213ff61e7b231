"""Counts cases by task for `make test-accuracy`."""

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed, failed = (_by_task(terminalreporter, outcome) for outcome in ("passed", "failed"))
    if passed or failed:
        terminalreporter.section("accuracy: catalogue against scikit-learn, tolerance 1e-12")
        for task in sorted(passed | failed):
            terminalreporter.write_line(f"{task:<14} {passed[task]:>4} cases equal, {failed[task]} differ")


def _by_task(reporter: pytest.TerminalReporter, outcome: str) -> Counter[str]:
    reports = reporter.stats.get(outcome, [])
    return Counter(str(value) for report in reports for name, value in report.user_properties if name == "task")
