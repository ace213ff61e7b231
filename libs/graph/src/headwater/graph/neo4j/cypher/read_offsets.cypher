// From where does the writer go on?
MATCH (o:Offset)
RETURN o.topic AS topic, o.partition AS partition, o.next AS next
