MATCH (c:Claim {owner: $owner})
RETURN c.id AS id
