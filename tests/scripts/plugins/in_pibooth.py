"""Run by pibooth's own Python: photos through its plug-in manager, its configuration and its own plug-ins, without a screen.

python in_pibooth.py CONFIG PHOTO ADDRESSES: its pictures' names and the seconds that each took, in JSON on the last line.
"""

from __future__ import annotations

import json
import sys
import time
from unittest.mock import MagicMock

from pibooth.config import PiConfigParser
from pibooth.plugins import create_plugin_manager
from PIL import Image


def main() -> None:
    file, photo, addresses = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    manager = create_plugin_manager()
    cfg = PiConfigParser(file, manager)
    manager.load_all_plugins(cfg.gettuple("GENERAL", "plugins", "path"))
    manager.hook.pibooth_configure(cfg=cfg)
    made = {}
    for number, (name, url) in enumerate(addresses.items()):
        cfg.set("EDGE_MATTING", "url", url)
        app, win = MagicMock(), MagicMock()
        app.capture_nbr, app.capture_choices = 2, (2, 1)
        app.capture_date, app.picture_filename = f"2026-01-01-00-00-{number:02}", f"{name}.jpg"
        app.count.taken = 1
        photos = [Image.open(photo), Image.open(photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
        app.camera.get_captures.return_value = photos
        began = time.monotonic()
        for state in ("enter", "do", "exit"):
            more: dict[str, list[object]] = {"events": []} if state == "do" else {}
            getattr(manager.hook, f"state_processing_{state}")(cfg=cfg, app=app, win=win, **more)
        made[name] = [app.previous_picture_file, app.capture_date, time.monotonic() - began]
    manager.hook.pibooth_cleanup(app=MagicMock())
    print(json.dumps(made))


main()
