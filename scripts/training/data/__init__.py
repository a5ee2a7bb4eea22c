"""From photos, mattes and backgrounds to training samples: what there is, how it is prepared, and how it is put together."""
