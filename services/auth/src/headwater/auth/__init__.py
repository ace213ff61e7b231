"""Accounts, sessions, API keys, roles, and the audit trail.

In: names and passwords, refresh cookies, API keys. Out: access tokens that every service checks by itself, and the
identity feed with which the others get keys, subjects and revocations. Every action writes its audit record in the same
transaction.
"""
