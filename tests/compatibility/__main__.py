"""`python -m tests.compatibility NAME`: make the data directory of this version, and what it must still hold later.

Once for each version whose data directories must open in the next one; never again for the same version.
"""

import argparse
import json
import os
import tarfile
import tempfile
from pathlib import Path

from tests.compatibility.story import DATA, PASSWORD, answers, tell
from tests.product import running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    name = parser.parse_args().name
    os.environ["HEADWATER_ADMIN_PASSWORD"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "data"
        with running(directory, "--port", "0") as product:
            product.admin_password = PASSWORD
            tell(product)
            told = answers(product)
        DATA.mkdir(exist_ok=True)
        with tarfile.open(DATA / f"{name}.tar.xz", "x:xz") as archive:
            archive.add(directory, "data", filter=_plain)
    (DATA / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without logs and without who made it."""
    if member.name.startswith("data/logs"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
