"""Services that give no cut-out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.edge.http.client import free_port


@contextlib.contextmanager
def faulty_services() -> Iterator[dict[str, str]]:
    """Addresses by what is wrong there: nobody listens; it accepts and says nothing; 429; 500; a byte now and then."""
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        yield {
            "stopped": f"http://127.0.0.1:{free_port()}",
            "silent": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "busy": stack.enter_context(_answering(429)),
            "broken": stack.enter_context(_answering(500)),
            "slow": stack.enter_context(_answering(200)),
            "no address": "file:///etc/hostname",
        }


@contextlib.contextmanager
def _answering(status: int) -> Iterator[str]:
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            with contextlib.suppress(OSError):
                while status == 200 and not ending.wait(0.2):
                    self.wfile.write(b"x")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
