"""The child that touches untrusted files, and the supervisor's handle on it. It knows descriptors, and no paths."""
