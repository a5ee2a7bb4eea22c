"""Training of the portrait matting network: data, composites, losses, loop, validation, export. Needs torch."""
