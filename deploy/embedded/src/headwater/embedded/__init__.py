"""The headwater command: every service in one place."""
