"""Files, their identity and names: durable writes, moves, temporaries. Nothing here knows what a photo is."""
