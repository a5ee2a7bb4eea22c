"""Measurements of the service: speed, memory, live video, and long runs under faults. Each is run by itself; see README.md."""
