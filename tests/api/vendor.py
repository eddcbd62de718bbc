# SPDX-License-Identifier: MIT
"""A server that answers as Plum Fuse does, with its trouble: for tests of what pulls from it."""
import base64
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DAYS_S = 5 * 86400
USER, KEY = "me@example.com", "vendor-key"


class Vendor:
    """Its calls are `calls`, by session; what is done to it between two requests is the test's.

    trouble     a list, taken from the front: None lets a request through, (status, headers, body) answers it, a number cuts its body off there
    limit_max   a request for more calls is answered 500
    lazy        sessions whose steps only /api/call/{session_id} has
    arriving    called before each answer"""

    def __init__(self, calls=()):
        self.calls = {call["session_id"]: call for call in calls}
        self.trouble, self.lazy, self.requests = [], set(), []
        self.limit_max, self.ahead_s, self.arriving = 10000, 0, None
        self.lock = threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                vendor.answer(self)

            def date_time_string(self, timestamp=None):
                return super().date_time_string(vendor.now())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return time.time() + self.ahead_s

    # ---- answers ----

    def shown(self, call, whole=False):
        """A call as a list shows it now: `start` and `end` strings, steps as long as they are served."""
        detail = call["detail"] if int(call["start"]) > self.now() - DAYS_S else False
        shown = {**call, "detail": detail, "log": detail is not False}
        if call["session_id"] in self.lazy and not whole:
            shown["detail"] = False
        return shown

    def all_logs(self, start, end, query):
        limit, offset = int(query.get("limit", 1000)), int(query.get("offset", 0))
        if limit > self.limit_max:
            return 500, {}, {"error": "database error"}
        found = [call for call in self.calls.values() if start <= int(call["start"]) < end and query.get("number", call["dest"]) == call["dest"]]
        if not found:
            return 404, {}, {"error": "call log not found"}
        found.sort(key=lambda call: (int(call["start"]), call["session_id"]), reverse=True)
        return 200, {}, {"calls": [self.shown(call) for call in found[offset:offset + limit]], "total_calls": len(found)}

    def one_call(self, session_id):
        call = self.calls.get(session_id)
        detail = self.shown(call, whole=True)["detail"] if call else False
        return (404, {}, {"error": "call log not found"}) if detail is False else (200, {}, detail)

    def find(self, handler):
        path, _, query = handler.path.partition("?")
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        expected = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        if parts[:2] == ["api", "all_logs"] or parts[:2] == ["api", "call"]:
            if handler.headers.get("Authorization") != expected:
                return 401, {}, {"error": "Unauthorized"}
        if parts[:2] == ["api", "all_logs"] and len(parts) == 4:
            return self.all_logs(int(parts[2]), int(parts[3]), dict(urllib.parse.parse_qsl(query)))
        if parts[:2] == ["api", "call"] and len(parts) == 3:
            return self.one_call(parts[2])
        return 404, {}, "<html>nothing here</html>"

    def answer(self, handler):
        with self.lock:
            self.requests.append((time.monotonic(), handler.path))
            if self.arriving:
                self.arriving()
            is_known = handler.path.startswith("/api/")
            trouble = self.trouble.pop(0) if self.trouble and is_known else None
            status, headers, body = trouble if isinstance(trouble, tuple) else self.find(handler)
        body = body.encode() if isinstance(body, str) else json.dumps(body, indent=1).encode()
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[:trouble] if isinstance(trouble, int) else body)
            if isinstance(trouble, int):
                handler.close_connection = True
        except OSError:
            handler.close_connection = True

    def paths(self, beginning="/api/all_logs/"):
        return [path for _, path in self.requests if path.startswith(beginning)]
