"""The machine: its memory, cores, sensors, and the budget that follows from them. Nothing here knows the service."""
