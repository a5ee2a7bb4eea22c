"""Engines: one file per way to run the network."""
