"""The two sides that `benchmarks.relay` measures, each in a process of its own; each prints its port, then serves."""

import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from portal.relay import policing
from portal.relay.api import Api
from portal.relay.home import Home
from portal.relay.queue import Queue
from portal.relay.running import Relay
from portal.relay.server import Server


class Bare(BaseHTTPRequestHandler):
    """Reads a request and sends its body back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response_only(200, "OK")
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        return


class BareServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def relay_server(folder: Path, policy: Path) -> Server:
    """Return the relay's server under a policy, with nobody to upload to: the queue keeps the whole hour."""
    home = Home(folder)
    key = home.prepare()
    offer = msgspec.json.encode(policing.Offer(policy.read_text(encoding="utf-8")))
    queue = Queue(home.queue, key)
    queue.submit([queue.put_note("policy", offer)]).wait()
    queue.close()
    relay = Relay(home)
    relay.uploading.start()
    return Server(0, Api(relay.desk, relay.device_id))


def main() -> None:
    side, *places = sys.argv[1:]
    server = BareServer(("127.0.0.1", 0), Bare) if side == "bare" else relay_server(*map(Path, places))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
