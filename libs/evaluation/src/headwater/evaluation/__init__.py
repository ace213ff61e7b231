"""What a metric is: mergeable states and a catalogue."""
