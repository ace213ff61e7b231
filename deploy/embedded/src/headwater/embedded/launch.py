"""Entry point of the embedded processes: `python -m headwater.embedded.launch front|workers OPTIONS`."""

import gc
import importlib
import sys


def main() -> None:
    gc.disable()  # what imports make stays: collecting begins with `calm_garbage_collector`, before the first request
    name, options = sys.argv[1:]
    importlib.import_module(f"headwater.embedded.{name}").main(options)


if __name__ == "__main__":
    main()
