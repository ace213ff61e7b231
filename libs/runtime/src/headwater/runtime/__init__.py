"""The corridor: settings, logs, metrics, health, web, identity, stop."""
