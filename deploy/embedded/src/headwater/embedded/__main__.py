"""One process of the embedded product, as the supervisor starts it: `python -m headwater.embedded front|workers …`."""

import gc
import sys

# Nearly all objects that are created while modules load stay, so that searching them for garbage is in vain. It costs
# a twentieth of the start; `calm_garbage_collector` sets the final thresholds.
gc.set_threshold(200_000)


def main() -> None:
    """Run the process named by the first argument; the second one is its start options."""
    name = sys.argv.pop(1) if len(sys.argv) == 3 else ""
    if name == "front":
        from headwater.embedded.front import main as run
    elif name == "workers":
        from headwater.embedded.workers import main as run
    else:
        raise SystemExit("this is a part of the product: start it with `headwater up`")
    run()


if __name__ == "__main__":
    main()
