"""Every screen of the dashboard has a route, requests only what the API describes, and is opened by a test."""

import re

from headwater.api_gateway.signals import NEEDS
from headwater.contracts.description import DESCRIPTION
from tests.architecture.sources import ROOT

SOURCES = ROOT / "frontend/src"
PLACES = SOURCES / "app/places.ts"
PAGES = re.compile(r'"@/(features/\w+/routes/\w+Page)"')
PATHS = re.compile(r'path: "([^"]+)"')
ASKED = re.compile(r'\b(get|post|remove)\("([^"]+)"')
METHODS = {"get": "get", "post": "post", "remove": "delete"}
EVERY = sorted(file for file in SOURCES.rglob("*.ts*") if not file.name.endswith(".gen.ts"))


def _tests() -> str:
    return "\n".join(file.read_text() for file in EVERY if ".test." in file.name)


def test_every_screen_is_a_place_of_the_dashboard_and_the_reverse() -> None:
    there = {str(file.relative_to(SOURCES).with_suffix("")) for file in SOURCES.glob("features/*/routes/*Page.tsx")}
    named = {page for file in (SOURCES / "app").rglob("*.ts*") for page in PAGES.findall(file.read_text())}
    assert sorted(there - named) == [], "no file of frontend/src/app opens them"
    assert sorted(named - there) == [], "frontend/src/app opens them, and there is no such file"


def test_every_place_of_the_dashboard_is_visited_by_a_test() -> None:
    tests = _tests()
    places = [re.sub(r":\w+", '[^/?`"]+', path) for path in PATHS.findall(PLACES.read_text())]
    assert [path for path in places if not re.search(rf"visit\([`\"]/{path}[?`\"]", tests)] == []


def test_every_path_that_the_dashboard_asks_for_is_described() -> None:
    described = {
        (method, path.removeprefix("/api/v1")) for path, methods in DESCRIPTION["paths"].items() for method in methods
    }
    undescribed = [
        f"{file.relative_to(ROOT)}: {path}"
        for file in EVERY
        if ".test." not in file.name and "@/lib/api/request" in file.read_text()
        for verb, path in ASKED.findall(file.read_text())
        if (METHODS[verb], path) not in described
    ]
    assert undescribed == [], "run `make generate`: no route answers them"


def test_every_signal_of_the_stream_makes_answers_of_the_dashboard_stale() -> None:
    tags = (SOURCES / "lib/live/tags.ts").read_text()
    assert [name for name in NEEDS if f'case "{name}":' not in tags] == []
