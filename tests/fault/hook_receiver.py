# SPDX-License-Identifier: MIT
"""A receiver of hooks, to be killed: notes the path and the session of what came in FILE, and answers then.
usage: hook_receiver.py PORT FILE"""
import http.server
import json
import os
import sys

notes = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        os.write(notes, f"{self.path} {document['data']['call']['session_id']}\n".encode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        """Its server was killed."""


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
