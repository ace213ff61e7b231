"""`python -m bench [embedded|distributed] [--quick]`: every row of the table, with machine and versions."""

import argparse

from bench import ingest, scene, start, visible
from bench.machine import describe
from bench.subject import MODES
from bench.table import print_table


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the promises of Headwater on this machine.")
    parser.add_argument("modes", nargs="*", default=["embedded"], choices=list(MODES), help="which deployment")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size: a check of the bench, not a claim")
    options = parser.parse_args()
    print(describe())
    for mode in options.modes:
        small = 10 if options.quick else 1
        with MODES[mode]() as subject:
            figures = start.measure(subject)
            figures += visible.measure(subject, seconds=15 / small + 2)
            figures += scene.measure(subject, nodes=500_000 // small)
            figures += ingest.measure(subject, events=60_000 // small, singles=12_000 // small)
        print_table(f"{mode}{' (quick, a tenth of the size)' if options.quick else ''}", figures)


if __name__ == "__main__":
    main()
