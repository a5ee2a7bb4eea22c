"""Plug-ins for other people's booths."""
