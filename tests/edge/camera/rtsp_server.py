"""Serves a film over RTSP on loopback, again and again, until killed. For the system's Python, which has GStreamer's bindings.

rtsp_server.py FILM: prints the port, then serves rtsp://127.0.0.1:PORT/film, the H.264 as it lies in the file.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
pay = "rtph264pay name=pay0 pt=96 config-interval=1"
factory.set_launch(f'( filesrc location="{sys.argv[1]}" ! qtdemux ! h264parse ! {pay} )')
factory.set_shared(False)
server.get_mount_points().add_factory("/film", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
