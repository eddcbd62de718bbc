# SPDX-License-Identifier: MIT
"""A receiver of hooks on loopback: it checks each signature, keeps what came in its order, and answers as it is told."""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time


def verify(secret, headers, body):
    """As docs/hooks.md shows it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return json.loads(body)


class Receiver:
    def __init__(self, port=0, certificate=None):
        self.secret = None
        self.came = []  # (webhook-id, document, status it was answered), in order
        self.answer = lambda document: 200  # or (status, headers, body); None: the connection is closed
        self.requests = []  # (headers, body) of each
        self.changed = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                document = verify(receiver.secret, self.headers, body) if receiver.secret else json.loads(body)
                answer = receiver.answer(document)
                status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, b"")
                with receiver.changed:
                    receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body.decode()))
                    receiver.came.append((self.headers["webhook-id"], document, status))
                    receiver.changed.notify_all()
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(text)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}/calls"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, condition, seconds=30):
        """Until @condition of what was taken (answered 2xx) holds; returns that."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.taken()), seconds), self.came[-20:]
            return self.taken()

    def taken(self):
        return [document for _, document, status in self.came if status and 200 <= status < 300]

    def sessions(self, kind="call.ended"):
        return [document["data"]["call"]["session_id"] for document in self.taken() if document["type"] == kind]
