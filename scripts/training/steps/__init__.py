"""From samples to a published model, in a training's order: inherit, prune, losses, loop, validate, export, int8, report."""
