"""Every metric of the catalogue against an independent reference; `pytest tests/accuracy` prints counts by task."""
