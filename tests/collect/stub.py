# SPDX-License-Identifier: MIT
"""A server that takes events lines as docs/api.md says, in memory, and fails in the ways that it is told to."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Call:
    def __init__(self):
        self.header, self.steps, self.state = {}, [], "live"


class Stub:
    """@fail(path): a status, or (status, headers, body), to answer instead; None: do as usual."""

    def __init__(self, key="key"):
        self.key, self.calls, self.lock = key, {}, threading.Lock()
        self.fail = lambda path: None
        self.requests, self.lines, self.heard = [], [], 0
        self.conflicts = 0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, body, headers=()):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def begin(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.requests.append((self.command, self.path, len(body)))
                failure = stub.fail(self.path)
                if failure:
                    failure = failure if isinstance(failure, tuple) else (failure, (), {"error": "told to fail"})
                    self.reply(failure[0], failure[2], failure[1])
                    return None
                if self.headers.get("Authorization") != f"Bearer {stub.key}":
                    self.reply(401, {"error": "no such key"})
                    return None
                return body

            def do_GET(self):
                if self.begin() is None:
                    return
                call = stub.calls.get(unquote(self.path.removeprefix("/v1/calls/")))
                self.reply(200, {"detail": call.steps}) if call else self.reply(404, {"error": "there is no such call"})

            def do_POST(self):
                body = self.begin()
                if body is None:
                    return
                assert self.path == "/v1/events", self.path
                rejected = []
                with stub.lock:
                    for number, line in enumerate(body.decode().splitlines(), 1):
                        stub.lines.append(line)
                        stub.take(number, json.loads(line), rejected)
                self.reply(422 if rejected and len(rejected) == number else 200, {"accepted": number - len(rejected), "rejected": rejected})

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def take(self, number, line, rejected):
        session = line["session_id"]
        held = len(self.calls[session].steps) if session in self.calls else 0
        if "from" in line and line["from"] > held:
            self.conflicts += 1
            rejected.append({"line": number, "session_id": session, "error": "behind what is held", "steps": held})
            return
        if line.keys() == {"session_id"}:
            self.heard += 1
            assert session in self.calls, line
            return
        call = self.calls.setdefault(session, Call())
        members = dict(line.get("call", {}))
        call.state = members.pop("state", call.state)
        call.header.update(members)
        if "from" in line:
            call.steps[line["from"]:] = line["steps"]
        else:
            known = {step["event"].get("data", {}).get("event_id") for step in call.steps} - {None}
            call.steps += [step for step in line.get("steps", []) if step["event"].get("data", {}).get("event_id") not in known]
