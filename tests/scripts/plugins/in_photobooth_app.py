"""Run by photobooth-app's own Python in its working directory: a photo through its plug-in manager and its pipeline.

python in_photobooth_app.py PHOTO ADDRESSES: a PNG and the seconds that it took for each, in JSON on the last line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from photobooth.plugins import pm
from photobooth.services.config.groups.actions import SingleImageProcessing
from photobooth.services.mediaprocessing.processes import process_image_inner


def main() -> None:
    photo, addresses = Path(sys.argv[1]), json.loads(sys.argv[2])
    plugin = pm.get_plugin("edge_matting.edge_matting")
    seconds = {}
    for name, url in addresses.items():
        plugin._config.url = url
        began = time.monotonic()
        processing = SingleImageProcessing(image_filter="EdgeMatting.cut_out")
        process_image_inner(photo, processing, preview=False).save(f"{name}.png")
        seconds[name] = time.monotonic() - began
    print(json.dumps(seconds))


main()
