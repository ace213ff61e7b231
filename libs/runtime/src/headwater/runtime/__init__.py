"""What every program shares: settings, logs, metrics, health, web, identity, stop."""
