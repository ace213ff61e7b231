"""What Prometheus reads, and readiness."""
