"""Prometheus and Alertmanager beside the product: their rules and settings, and how they are started."""
