"""The pepper: the secret, outside the database, for digests of API keys and for the encryption of signing keys."""

from headwater.runtime.settings import Secret, SettingsError

SHORTEST = 32


def checked(pepper: Secret) -> Secret:
    """The pepper itself. Raises SettingsError when it is too short to be one."""
    if len(pepper.reveal()) < SHORTEST:
        raise SettingsError(
            f"pepper is not set or has fewer than {SHORTEST} characters: give HEADWATER_PEPPER_FILE, the same file "
            "to every service (`openssl rand -base64 48` makes a good one)"
        )
    return pepper
