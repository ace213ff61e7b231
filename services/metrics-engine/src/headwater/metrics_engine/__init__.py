"""From samples to measured quality."""
