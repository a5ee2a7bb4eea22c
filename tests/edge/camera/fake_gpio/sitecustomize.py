"""Stands in for the kernel's GPIO chip, of which none is here and none can be simulated without a kernel module: Python
imports this first where it is on PYTHONPATH. libgpiod's package and its settings are the real ones. The FIFO that
EDGE_MATTING_TEST_BUTTON names is line 17 of /dev/gpiochip0: a byte that is written to it is a press."""

import os

import gpiod
from gpiod.line import Bias, Edge


class _Lines:
    def __init__(self, chip, consumer, config):
        settings = config[17]
        if chip != "/dev/gpiochip0":
            raise FileNotFoundError(2, "No such file or directory")
        assert (settings.edge_detection, settings.bias) == (Edge.FALLING, Bias.PULL_UP), "pressed means: pulled to ground"
        assert consumer and settings.debounce_period.total_seconds() > 0.005
        self.fd = os.open(os.environ["EDGE_MATTING_TEST_BUTTON"], os.O_RDWR | os.O_NONBLOCK)

    def read_edge_events(self):
        return list(os.read(self.fd, 100))


gpiod.request_lines = _Lines
