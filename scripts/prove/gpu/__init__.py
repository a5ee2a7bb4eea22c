"""The parts of `python -m scripts.prove.gpu`, a file for each claim."""
