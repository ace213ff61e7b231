from headwater.graph.deriving.derive import canonical, claims
from headwater.graph.state.facts import EntityKey, Group
from headwater.graph.state.states import ColumnRef

JOB = ("n", "job")


def key(name: str) -> EntityKey:
    return ("n", name)


def flows(
    inputs: str = "",
    outputs: str = "",
    explicit: list[Group] | None = None,
    columns: list[ColumnRef] | None = None,
    process: EntityKey | None = JOB,
) -> set[tuple[str, str, str]]:
    """(process, inputs, outputs) of every flow, names joined."""
    found = claims(
        "owner", process, map(key, inputs.split()), map(key, outputs.split()), explicit, columns or [], lambda k: k
    )
    return {
        (c.process[1] if c.process else "", " ".join(n for _, n in c.inputs), " ".join(n for _, n in c.outputs))
        for c in found
        if c.output is None
    }


def test_without_anything_finer_every_input_reaches_every_output() -> None:
    assert flows("a b", "x y") == {("job", "a b", "x y")}


def test_one_sided_runs_make_one_sided_flows() -> None:
    assert flows("a", "") == {("job", "a", "")}
    assert flows("", "x") == {("job", "", "x")}
    assert flows() == set()


def test_an_output_with_column_lineage_is_reached_by_what_it_names() -> None:
    column = (key("x"), "d", (key("a"), key("only here")))
    assert flows("a b", "x", columns=[column]) == {("job", "a only here", "x"), ("job", "b", "")}
    assert flows("a b", "x y", columns=[column]) == {("job", "a only here", "x"), ("job", "a b", "y")}


def test_column_lineage_without_sources_asserts_no_flows() -> None:
    assert flows("a", "x", columns=[(key("x"), "d", ())]) == {("job", "a", "x")}


def test_an_explicit_lineage_facet_replaces_the_default() -> None:
    explicit = [Group(JOB, (key("a"),), (key("x"),)), Group(JOB, (key("b"),), (key("y"),))]
    column = (key("x"), "d", (key("b"),))
    assert flows("a b c", "x y z", explicit, [column]) == {
        ("job", "a", "x"),
        ("job", "b", "y"),
        ("job", "c", ""),
        ("job", "", "z"),
    }


def test_explicit_statements_about_one_target_are_united() -> None:
    explicit = [Group(JOB, (key("a"),), (key("x"),)), Group(JOB, (key("a"), key("b")), (key("x"),))]
    assert flows("", "", explicit) == {("job", "a b", "x")}


def test_an_explicit_source_may_be_another_job() -> None:
    other = ("n", "other")
    assert flows("", "x", [Group(other, (), (key("x"),))]) == {("other", "", "x")}


def test_lineage_declared_by_a_dataset_has_no_job_and_no_leftovers() -> None:
    assert flows("", "x", process=None) == set()
    assert flows("", "x", [Group(JOB, (key("a"),), (key("x"),))], process=None) == {("", "a", "x")}


def test_names_that_resolve_to_one_dataset_are_one() -> None:
    found = claims(
        "owner", JOB, [key("a"), key("alias")], [key("x")], None, [], lambda k: key("a") if k[1] == "alias" else k
    )
    assert [c.inputs for c in found] == [(key("a"),)]


def test_a_claim_keeps_its_id_whatever_the_order_of_its_sets() -> None:
    one = claims("owner", JOB, [key("a"), key("b")], [key("x")], None, [], lambda k: k)
    two = claims("owner", JOB, [key("b"), key("a")], [key("x")], None, [], lambda k: k)
    assert one == two


def test_the_carrier_of_a_link_gives_the_name() -> None:
    assert canonical([(key("table"), True), (key("z/path"), False)]) == key("z/path")
    assert canonical([(key("b"), False), (key("a"), False), (key("t"), True)]) == key("a")
    assert canonical([(key("b"), True), (key("a"), True)]) == key("a")
