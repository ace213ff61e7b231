"""Shared by all programs: settings, logs, metrics, health, web, identity, stop."""
