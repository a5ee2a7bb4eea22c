"""The parts of scripts/prove-gpu, a file for each claim."""
