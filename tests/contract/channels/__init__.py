"""One suite for every channel by which alerting notifies people, each with a real receiver."""
