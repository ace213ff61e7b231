"""What every store must derive from the specification's and the producers' own examples.

Subclasses provide `make_graph`: an empty graph, acquired, at each call.
"""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from headwater.contracts.identity import ALL
from headwater.contracts.keys import Kind, dataset_key, job_key, run_key
from headwater.contracts.times import parse_instant
from headwater.graph.port import GraphStore
from tests.conformance import published

MakeGraph = Callable[[], GraphStore]
COMPLETED = 2
SCENARIOS = ("airflow", "simple_run_event", "spark_dataproc_simple_producer_test")


class ConformanceSuite:
    @pytest.fixture(autouse=True)
    def data(self) -> None:
        published.require()

    def test_every_event_of_the_compatibility_tests_is_understood(self, make_graph: MakeGraph) -> None:
        bodies = published.events()
        assert len(bodies) == 74
        graph = _filled(make_graph(), bodies)
        named = {(e["run"]["runId"], e["job"]["name"]) for e in map(msgspec.json.decode, bodies)}
        found = {(run.run_id, run.job_name) for run in graph.runs(limit=200, visible=ALL).items}
        assert found == named

    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_processes_are_those_expected(self, make_graph: MakeGraph, scenario: str) -> None:
        graph = _filled(make_graph(), published.events(scenario))
        found = graph.search("", kinds=[Kind.ETL_PROCESS.value], limit=100, visible=ALL).items
        names = {f"{node.namespace}:{node.name}" for node in found}
        for process in published.expected(scenario, "processes"):
            wanted = re.compile(re.sub(r".*match\(result, '(.*)'\).*", r"\1", process["display_name"]))
            assert any(wanted.fullmatch(name) for name in names), process["display_name"]

    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_completed_runs_have_the_expected_times(self, make_graph: MakeGraph, scenario: str) -> None:
        graph = _filled(make_graph(), published.events(scenario))
        runs = graph.runs(limit=200, visible=ALL).items
        for wanted in published.expected(scenario, "runs"):
            if wanted["state"] != COMPLETED:
                continue  # the reference consumer has not closed it, although the producer says COMPLETE
            start, end = (parse_instant(wanted[name]) for name in ("start_time", "end_time"))
            assert any(
                (run.run_id, run.state) == (wanted["display_name"], "COMPLETE")
                and (parse_instant(run.started_at or ""), parse_instant(run.ended_at or "")) == (start, end)
                for run in runs
            ), wanted["display_name"]

    @pytest.mark.parametrize("scenario", SCENARIOS)
    def test_links_are_those_expected_and_no_others(self, make_graph: MakeGraph, scenario: str) -> None:
        graph = _filled(make_graph(), published.events(scenario))
        flows = [record for line in graph.export() if (record := msgspec.json.decode(line))["record"] == "flow"]
        links = {(i["name"], o["name"]) for f in flows for i in f["inputs"] for o in f["outputs"]}
        wanted = {(_plain(link["source"]), _plain(link["target"])) for link in published.expected(scenario, "links")}
        assert {_matching(link, wanted) for link in links} == wanted

    def test_exports_are_equal_in_order_shuffled_and_doubled(self, make_graph: MakeGraph) -> None:
        facts = published.facts(published.events())
        exports = []
        for seed in (None, 1, 2, 3):
            listed = list(facts) if seed is None else [*facts, *facts]
            if seed is not None:
                random.Random(seed).shuffle(listed)
            graph = make_graph()
            for begin, end in pairwise([*range(0, len(listed), 23), len(listed)]):
                graph.apply(listed[begin:end], {})
            exports.append(list(graph.export()))
        assert exports[0] == exports[1] == exports[2] == exports[3]
        assert len(exports[0]) > 100

    def test_facets_are_served_as_they_were_sent(self, make_graph: MakeGraph) -> None:
        examples = published.examples()
        assert len(examples) >= 45
        graph = make_graph()
        bodies = [_carrier(number, folder, facets) for number, (folder, facets) in enumerate(examples)]
        graph.apply(published.facts(bodies), {})
        for number, (folder, facets) in enumerate(examples):
            assert facets.items() <= _served(graph, number, folder).items(), folder


def _filled(graph: GraphStore, bodies: list[bytes]) -> GraphStore:
    graph.apply(published.facts(bodies), {})
    return graph


def _plain(end: dict[str, str]) -> str:
    return end["fully_qualified_name"].replace("`", "")


def _matching(link: tuple[str, str], wanted: set[tuple[str, str]]) -> tuple[str, str] | None:
    """The expected link that ends in these names; the reference consumer writes namespaces differently."""
    return next((w for w in wanted if all(map(_ends_in, w, link))), None)


def _ends_in(spelled: str, name: str) -> bool:
    return spelled.endswith((f".{name.lstrip('/')}", f":{name}"))


def _carrier(number: int, folder: str, facets: dict[str, Any]) -> bytes:
    """An event that carries an example where its kind belongs."""
    place = _place(folder, facets)
    dataset = {"namespace": "examples", "name": f"dataset {number}"}
    event: dict[str, Any] = {
        "eventTime": "2025-01-01T00:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": f"run {number}", "facets": facets if place == "run" else {}},
        "job": {"namespace": "examples", "name": f"job {number}", "facets": facets if place == "job" else {}},
        "inputs": [dataset | {"inputFacets": facets}] if place == "input" else [],
        "outputs": [],
    }
    if place in ("dataset", "output"):
        event["outputs"] = [dataset | {"facets" if place == "dataset" else "outputFacets": facets}]
    return msgspec.json.encode(event)


def _place(folder: str, facets: dict[str, Any]) -> str:
    if folder == "LineageFacet":
        return "job" if "entries" in facets["lineage"] else "dataset"
    ends = (
        ("InputDatasetFacet", "input"),
        ("OutputDatasetFacet", "output"),
        ("BaseSubsetDatasetFacet", "input"),
        ("RunFacet", "run"),
        ("JobFacet", "job"),
    )
    return next((place for end, place in ends if folder.endswith(end)), "dataset")


def _served(graph: GraphStore, number: int, folder: str) -> dict[str, Any]:
    place = _place(folder, published.examples()[number][1])
    if place in ("run", "input", "output"):
        run = graph.run(run_key("examples", f"job {number}", f"run {number}").id, visible=ALL)
        assert run is not None
        if place == "run":
            return run.facets
        kept = run.facets[f"{place}Facets"]
        return {name.rsplit(" ", 1)[1]: value for name, value in kept.items()}
    key = job_key("examples", f"job {number}") if place == "job" else dataset_key("examples", f"dataset {number}")
    node = graph.get(key.id, visible=ALL)
    assert node is not None
    return node.facets
