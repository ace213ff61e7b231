"""Models, versions, outputs, metrics and alerts."""

from headwater.contracts.identity import ALL
from headwater.contracts.keys import metric_key, model_key, model_version_key
from headwater.graph.state.facts import (
    AlertFact,
    MetricFact,
    ModelFact,
    OutputFact,
    Stamp,
)
from tests.contract.graph.stores import MINUTE, IsolatedStore, MakeStore


class Models:
    def test_one_walk_leads_from_data_through_a_model_to_what_reads_its_output(self, store: IsolatedStore) -> None:
        model = store.key("churn")
        store.apply(
            [
                store.run("prepare", "1", 1, "raw", "features"),
                store.run("train", "t", 2, "features"),
                ModelFact(
                    model=model,
                    version="3",
                    stamp=Stamp(3 * MINUTE, "m"),
                    action="trained",
                    run=(*store.key("train"), "t"),
                ),
                OutputFact(model=model, version="3", stamp=Stamp(4 * MINUTE, "o"), output=store.key("scores")),
                store.run("mail", "1", 5, "scores", "campaign"),
            ]
        )
        assert store.names(store.dataset("raw"), down=4) >= {
            "raw",
            "prepare",
            "features",
            "churn@3",
            "scores",
            "mail",
            "campaign",
        }
        assert store.names(store.dataset("campaign"), up=4) >= {"raw", "churn@3", "train", "churn"}
        edges = store.edges(model_version_key(*model, "3").id, up=1, down=1)
        assert edges == {
            ("features", "USED_IN", "churn@3"),
            ("train", "TRAINS", "churn@3"),
            ("churn", "HAS_VERSION", "churn@3"),
            ("churn@3", "GENERATES", "scores"),
        }
        scores = store.graph.get(store.dataset("scores"), visible=ALL)
        assert scores is not None
        assert scores.kind == "Output"

    def test_a_model_shows_versions_stages_and_the_latest_metric(self, store: IsolatedStore) -> None:
        model = store.key("m")
        facts = [
            ModelFact(model=model, version=v, stamp=Stamp(t * MINUTE, f"{v}{a}"), action=a, about=b'{"task":"binary"}')
            for t, v, a in ((1, "1", "registered"), (2, "1", "deployed"), (3, "2", "registered"))
        ]

        def metric(end: int, revision: int, value: float | None) -> MetricFact:
            return MetricFact(
                model=model, version="1", metric="f1", definition="f1@1", start=0, end=end * MINUTE, revision=revision,
                computed_at=1, result=f"{end}{revision}", value=value, n=5,
            )  # fmt: skip

        store.apply([*facts, metric(5, 2, 0.7), metric(5, 1, 0.6), metric(4, 9, 0.1), metric(6, 1, None)])
        detail = store.graph.model(model_key(*model).id, visible=ALL)
        assert detail is not None
        assert (detail.task, detail.versions, detail.latest_version, detail.deployed_version) == ("binary", 2, "2", "1")
        assert [(v.version, v.stage) for v in detail.version_list] == [("2", "registered"), ("1", "deployed")]
        node = store.graph.get(metric_key(*model, "1", "f1@1").id, visible=ALL)
        assert node is not None
        assert node.summary["value"] == 0.7
        assert [m.name for m in store.graph.models(text="m", visible=ALL).items if m.namespace == model[0]] == ["m"]

    def test_an_output_sent_again_for_an_earlier_prediction_leaves_no_trace_of_the_later(
        self, make_store: MakeStore
    ) -> None:
        def served(store: IsolatedStore, minute: int) -> OutputFact:
            stamp = Stamp(minute * MINUTE, f"o{minute}")
            return OutputFact(model=store.key("m"), version="1", stamp=stamp, output=store.key("scores"))

        exports = []
        for minutes in ((1,), (9, 5, 1)):
            store = make_store()
            for minute in minutes:
                store.apply([served(store, minute)])
            exports.append(store.export())
        assert exports[0] == exports[1]

    def test_a_firing_alert_shows_on_model_and_version_until_it_is_resolved(self, store: IsolatedStore) -> None:
        def alert(minute: int, state: str) -> AlertFact:
            return AlertFact(
                model=store.key("m"), version="1", stamp=Stamp(minute * MINUTE, state), rule="r", metric="f1",
                state=state, severity="warning", start=0,
            )  # fmt: skip

        store.apply([alert(2, "firing"), alert(1, "pending")])
        assert self._status(store) == ("firing", "firing")
        store.apply([alert(3, "resolved")])
        assert self._status(store) == ("ok", "ok")

    def _status(self, store: IsolatedStore) -> tuple[str | None, str | None]:
        model = store.graph.get(model_key(*store.key("m")).id, visible=ALL)
        version = store.graph.get(model_version_key(*store.key("m"), "1").id, visible=ALL)
        assert model is not None
        assert version is not None
        return model.status, version.status
