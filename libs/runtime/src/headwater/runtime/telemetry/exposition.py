"""The Prometheus exposition of several processes at one address."""

from collections.abc import Iterable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_HEAD = "# HELP "


def merged(texts: Iterable[bytes]) -> bytes:
    """Several expositions as one: each metric once, as the format requires, with the samples of all.

    Of a sample in several expositions, counters are added and gauges taken from the last.
    """
    heads: dict[str, str] = {}
    samples: dict[str, dict[str, float]] = {}
    for text in texts:
        for block in text.decode().split(_HEAD)[1:]:
            about, kind, *lines = block.splitlines()
            name = about.partition(" ")[0]
            heads.setdefault(name, f"{_HEAD}{about}\n{kind}\n")
            known = samples.setdefault(name, {})
            for line in filter(None, lines):
                sample, _, value = line.rpartition(" ")
                known[sample] = float(value) + (0.0 if kind.endswith(" gauge") else known.get(sample, 0.0))
    shown = (head + "".join(f"{s} {v!r}\n" for s, v in samples[name].items()) for name, head in heads.items())
    return "".join(shown).encode()
