"""Response types of the read API, on which the dashboard and scripts rely.

Times are RFC 3339 text in UTC. Lists return `{"items": […], "next_cursor": text or null}`.
"""
