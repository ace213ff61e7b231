"""No record that the gateway accepts stops a consumer, on whatever store it writes to."""
