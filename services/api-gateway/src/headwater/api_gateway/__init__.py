"""The read API, the dashboard's files, and the live stream.

Enters: requests of browsers and scripts, with an access token or an API key.
Leaves: responses in the types of `contracts.api`, read from the graph directly and from the
other services by forwarding; and `graph`, `metric` and `alert` events to open streams.
Upstream is the graph; downstream is the frontend.
"""
