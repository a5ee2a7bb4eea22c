"""The face networks: how they were converted, and the proof that the conversion is exact."""
