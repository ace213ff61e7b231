"""Entry point of auth: `python -m headwater.auth`."""

from headwater.auth.accounts import ensure_admin
from headwater.auth.database import DATABASE
from headwater.auth.hashing import Hasher
from headwater.auth.pepper import checked
from headwater.auth.service import SERVICE
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.runtime.hosting.distributed import database_url
from headwater.runtime.hosting.program import run
from headwater.runtime.stop import StopSignal


def first_start(settings: Settings, stop: StopSignal) -> None:
    """Create the administrator, unless there is one, and write a generated password to standard output, once."""
    pepper, url = checked(settings.pepper), database_url(settings)
    store = Store(DATABASE.open_when_up(url, stop=stop), pepper=pepper, hasher=Hasher())
    chosen = settings.admin_password.reveal() or None
    password = ensure_admin(store, chosen)
    store.close()
    if password is not None and chosen is None:
        print(f"first start: user admin, password {password}", flush=True)


def main() -> None:
    """Serve and work until SIGTERM; a worker that fails ends the program with an error."""
    raise SystemExit(run(SERVICE, first=first_start))


if __name__ == "__main__":
    main()
