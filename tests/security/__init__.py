"""What an attacker or a careless change would try, against every service."""
