"""Derives claims from the datasets of a run or a declaration: which inputs reach which outputs.

The explicit `lineage` facet, where present, is authoritative; else an output with column lineage is reached by the
datasets in it, and every other output by all inputs. Remaining inputs and outputs become one-sided flows, so that
everything a job reads and writes is shown. Pure: no store, no clock.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from headwater.graph.state.attempts import Attempt, success
from headwater.graph.state.facts import EntityKey, Group
from headwater.graph.state.states import ColumnRef, RunCore, Static, Summary

Resolve = Callable[[EntityKey], EntityKey]


class Claim(NamedTuple):
    """A flow (`output` None), or the column lineage of `output` from `inputs`, by the bytes with the digest `columns`.

    `process`: the job that walks show (None: the dataset that declared it has no job)."""

    id: str
    process: EntityKey | None
    inputs: tuple[EntityKey, ...]
    outputs: tuple[EntityKey, ...]
    output: EntityKey | None = None
    columns: tuple[str, ...] = ()


@lru_cache(maxsize=65_536)
def flow(owner: str, process: EntityKey | None, inputs: tuple[EntityKey, ...], outputs: tuple[EntityKey, ...]) -> Claim:
    """The flow of sorted inputs to sorted outputs; its id is a digest of all four."""
    parts = [owner, *(process or ("", "")), str(len(inputs))]
    parts += [part for key in inputs for part in key]
    parts += [part for key in outputs for part in key]
    return Claim(_digest("flow", parts), process, inputs, outputs)


@lru_cache(maxsize=65_536)
def column_claim(
    owner: str,
    process: EntityKey | None,
    output: EntityKey,
    sources: tuple[EntityKey, ...],
    columns: tuple[str, ...],
) -> Claim:
    """The column lineage of one output. Its sources are part of its id: after a merge it is another claim."""
    parts = [owner, *(process or ("", "")), *output, str(len(sources))]
    parts += [part for key in sources for part in key]
    return Claim(_digest("columns", [*parts, *columns]), process, sources, (), output, columns)


def _digest(what: str, parts: Sequence[str]) -> str:
    return blake2b("\0".join([what, *parts]).encode(), digest_size=16).hexdigest()


def run_claims(core: RunCore, owner: str, resolve: Resolve) -> list[Claim]:
    """What a run claims, by the union of its events."""
    job = (core.key[0], core.key[1])
    inputs: Iterable[EntityKey] = core.inputs
    outputs: Iterable[EntityKey] = core.outputs
    if core.snapshot is not None:
        inputs, outputs = core.snapshot[2], core.snapshot[3]
    return claims(owner, job, inputs, outputs, core.explicit, core.columns, resolve)


def static_claims(static: Static, owner: str, process: EntityKey | None, resolve: Resolve) -> list[Claim]:
    return claims(owner, process, static.inputs, static.outputs, static.explicit, static.columns, resolve)


def claims(
    owner: str,
    process: EntityKey | None,
    inputs: Iterable[EntityKey],
    outputs: Iterable[EntityKey],
    explicit: Iterable[Group] | None,
    columns: Collection[ColumnRef],
    resolve: Resolve,
) -> list[Claim]:
    """The flows and column claims of one assertion; datasets are given by their canonical names."""
    reads, writes = set(map(resolve, inputs)), set(map(resolve, outputs))
    if explicit is None and not columns:
        whole = (reads and writes) or (process is not None and (reads or writes))
        return [_flow(owner, process, reads, writes)] if whole else []
    by_output: dict[EntityKey, set[EntityKey]] = {}
    digests: dict[EntityKey, set[str]] = {}
    for output, digest, sources in columns:
        target = resolve(output)
        by_output.setdefault(target, set()).update(map(resolve, sources))
        digests.setdefault(target, set()).add(digest)
    if explicit is not None:
        result = _explicit_flows(owner, process, explicit, resolve)
    else:
        result = [_flow(owner, process, sources, {o}) for o, sources in by_output.items() if sources]
        rest = {o for o in writes if not by_output.get(o)}
        if rest and reads:
            result.append(_flow(owner, process, reads, rest))
    result += _leftovers(owner, process, reads, writes, result)
    result += [
        column_claim(owner, process, o, tuple(sorted(by_output[o])), tuple(sorted(d))) for o, d in digests.items()
    ]
    return list(dict.fromkeys(result))


def _flow(owner: str, process: EntityKey | None, inputs: set[EntityKey], outputs: set[EntityKey]) -> Claim:
    return flow(owner, process, tuple(sorted(inputs)), tuple(sorted(outputs)))


def _explicit_flows(owner: str, process: EntityKey | None, groups: Iterable[Group], resolve: Resolve) -> list[Claim]:
    """One flow per (process, target), with the union of its inputs: a later event may list more of them."""
    united: dict[tuple[EntityKey | None, tuple[EntityKey, ...]], set[EntityKey]] = {}
    for group in groups:
        targets = tuple(sorted(set(map(resolve, group.outputs))))
        by = group.process if process is not None else None
        united.setdefault((by, targets), set()).update(map(resolve, group.inputs))
    return [_flow(owner, by, inputs, set(targets)) for (by, targets), inputs in united.items()]


def _leftovers(
    owner: str, process: EntityKey | None, reads: set[EntityKey], writes: set[EntityKey], flows: Iterable[Claim]
) -> list[Claim]:
    used: set[EntityKey] = set()
    made: set[EntityKey] = set()
    for claim in flows:
        used.update(claim.inputs)
        made.update(claim.outputs)
    read_only, write_only = reads - used, writes - made
    result = []
    if read_only and process is not None:
        result.append(_flow(owner, process, read_only, set()))
    if write_only and process is not None:
        result.append(_flow(owner, process, set(), write_only))
    return result


def summarise(core: RunCore, run: str, found: Sequence[Attempt], asserted: Sequence[Claim]) -> Summary:
    """The run in its job's timeline; `run` is its node id."""
    times = [event[0] for event in core.events.values()]
    start, last = (min(times), max(times)) if times else (0, 0)
    done = success(found, streaming=core.streaming)
    made = [claim.id for claim in asserted]
    over = done is not None or found[-1].first_end is not None
    return Summary(run, start, last if done is None else done, done, tuple(sorted(made)), over)


def canonical(members: Iterable[tuple[EntityKey, bool]]) -> EntityKey:
    """The canonical name of linked datasets, from (key, whether it is a link target) of each.

    The one that only links to others: it is what producers read and write. Of several, the least key."""
    listed = list(members)
    named = [key for key, is_named in listed if not is_named]
    return min(named or [key for key, _ in listed])
