# SPDX-License-Identifier: MIT
"""The real server, started on a free port with its own store, and a small client for it."""
import base64
import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import pytest

import contract

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from stores import store_at  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CALLSTEP_BIN", str(ROOT / "build/callstep"))
FIXTURES = ROOT / "tests/fixtures"
EMAIL = "me@example.com"
# Sanitizers hold their own memory: ceilings on what is resident are for a plain build.
PLAIN = not any(word in subprocess.run(["nm", "-D", BINARY], capture_output=True, text=True).stdout for word in ("__asan_init", "__tsan_init"))

os.environ["CALLSTEP_SWEEP_EVERY"] = "0"


def callstep(*arguments, **more):
    """Runs the command line; returns the finished process."""
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=60, **more)


# Most tests have calls of long ago. tests/api/test_keeping.py has what happens to them otherwise.
EVER = ("--keep-detail", "ever", "--keep-headers", "ever")


def add_account(store, email=EMAIL, days=EVER):
    """@days empty: the store's own."""
    done = callstep("account", "add", "--data", store, email, *days)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def keep(store, detail="ever", headers="ever"):
    """Sets how long the store keeps the calls of accounts without their own days."""
    done = callstep("retention", "--data", store, "--keep-detail", detail, "--keep-headers", headers, "--yes")
    assert done.returncode == 0, done.stderr


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.wire = body
        self.body = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """A running `callstep serve`."""

    def __init__(self, folder, *options, environment=None, preexec=None, store=None):
        self.folder = Path(folder)
        self.store = store or store_at(self.folder)
        self.log_path = self.folder / f"log{time.monotonic_ns()}"
        self.options = options
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--data", str(self.store), *([] if "--listen" in options else ["--listen", "127.0.0.1:0"]), *options],
                stderr=log, preexec_fn=preexec, env={**os.environ, **(environment or {})})
        self.address = self.wait_until_listening()

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_until_listening(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(r'\blistening\b.*?\baddress"?[=:]"?([^\s"]+)', self.log)  # text or JSON
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise RuntimeError("the server did not start: " + self.log)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


class Client:
    """Asks one server with one account's key; every answer is held against docs/openapi.yaml."""

    def __init__(self, server, key, email=EMAIL):
        self.server = server
        self.key = key
        self.email = email

    def basic(self, email=None, key=None):
        pair = f"{email or self.email}:{key or self.key}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def ask(self, path, method="GET", body=None, headers=None, authorization="own"):
        sent = {} if authorization is None else {
            "Authorization": self.basic() if authorization == "own" else authorization}
        sent.update(headers or {})
        connection = http.client.HTTPConnection(self.server.address, timeout=60)
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            endless = response.headers.get("Content-Type") == "text/event-stream"  # tests/api/test_tail.py reads these
            answer = Answer(response, b"" if endless else response.read())
        finally:
            connection.close()
        contract.check(method, urllib.parse.urlsplit(path).path, answer)
        return answer

    def get(self, path, accept=None, gzipped=False, **more):
        headers = {}
        if accept is not None:
            headers["Accept"] = accept
        if gzipped:
            headers["Accept-Encoding"] = "gzip"
        return self.ask(path, headers={**headers, **more.pop("headers", {})}, **more)

    def post(self, calls, **more):
        """Posts calls as one document, or bytes as they are."""
        body = calls if isinstance(calls, bytes) else json.dumps({"calls": calls}).encode()
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        return self.ask("/v1/calls", method="POST", body=body, headers=headers, **more)


def step(line="Answered", timestamp=None, class_="event", module="start", variable="start", **data):
    return {"event": {"line": line, "data": {"module_type": module, "result_variable": variable, **data}},
            "class": class_, "timestamp": int(time.time()) if timestamp is None else timestamp}


def call(session_id, start=None, end=None, dest="6177123001", src="6177123000", type_="inbound", detail="one step"):
    start = int(time.time()) - 60 if start is None else start
    made = {"dest": dest, "src": src, "start": str(start), "end": str(start + 30 if end is None else end),
            "session_id": session_id}
    if detail is not None:
        made["detail"] = [step(timestamp=start)] if detail == "one step" else detail
    made["type"] = type_
    return made


def resident(server):
    """Bytes that the process of @server has in memory."""
    with open(f"/proc/{server.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.fixture(scope="session")
def session_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder)
    yield server
    assert server.stop() == 0
    assert "Sanitizer" not in server.log


@pytest.fixture
def client(session_server, request):
    """A client with its own account on a server that all tests share."""
    email = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:50] + "@example.com"
    email = f"{abs(hash(request.node.nodeid)) % 10**9}-{email}"
    return Client(session_server, add_account(session_server.store, email), email)


@pytest.fixture
def start_server(tmp_path):
    """Starts servers that the test wants for itself; stops them afterwards."""
    servers = []

    def start(*options, **more):
        server = Server(tmp_path, *options, **more)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
        assert "Sanitizer" not in server.log
