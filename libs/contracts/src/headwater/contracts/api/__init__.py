"""What the read API says: the shapes that the dashboard and scripts rely on.

Times are RFC 3339 text in UTC. Lists answer `{"items": […], "next_cursor": text or null}`.
"""
