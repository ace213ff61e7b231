"""No record that the gateway accepts stops a consumer, whatever store it writes to."""
