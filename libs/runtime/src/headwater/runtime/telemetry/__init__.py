"""Prometheus series and readiness."""
