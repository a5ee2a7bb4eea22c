"""The network's engines on this board: chosen, prepared in a process of their own, opened. No photo is delivered here."""
