"""The parts of `python -m scripts.prove.boot`, a file for each kind of trouble; guest.py is the machine that has it."""
