"""Who is asking: accounts, sessions, API keys, roles.

In: names and passwords, refresh cookies, API keys. Out: access tokens that every service checks by itself, and the
identity feed that tells the others of keys, subjects and revocations. Every act leaves its audit record in the
transaction that does it.
"""
