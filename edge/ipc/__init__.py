"""Processes and threads among themselves: channel, child processes, back-off. No message's meaning beyond its type."""
