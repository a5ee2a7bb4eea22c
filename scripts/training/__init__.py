"""Training of the portrait matting network, and what is measured of it: each module here is run by itself, see README.md.

network.py is the network; data/ makes samples of photos, steps/ makes a trained network of samples. Most of it needs torch
and the extra `train`.
"""
