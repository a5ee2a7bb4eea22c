"""Proofs on machines that the tests do not have: a GPU, an arm64 root, a Debian that boots."""
