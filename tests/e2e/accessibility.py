"""axe on a page, as the frontend's lock pins it."""

from playwright.sync_api import Page

from tests.e2e.browser import ROOT

_AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What axe finds wrong: rule, impact, and the elements."""
    page.evaluate(_AXE)  # evaluated, not added as a script: the content security policy stays on
    found = page.evaluate("() => axe.run()")["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
