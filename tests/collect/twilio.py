# SPDX-License-Identifier: MIT
"""A server with the shapes of Twilio's REST API: flows, executions, steps and contexts of Studio; calls and their events. Lists come in pages of
`page` entries, steps newest first."""
import base64
import json
import threading
import time
import urllib.parse
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCOUNT, SECRET = "AC" + "a" * 32, "secret"


def iso(when):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))


def mail(when):
    return formatdate(when).replace("-0000", "+0000")


class Twilio:
    """trouble: a list of (status, headers), taken from the front, that answer instead."""

    def __init__(self, page=2):
        self.page, self.trouble, self.paths = page, [], []
        self.flows, self.executions, self.calls, self.events = {}, {}, {}, {}
        twilio = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                twilio.paths.append(self.path)
                wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()
                if self.headers.get("Authorization") != wanted:
                    status, headers, body = 401, {}, {"code": 20003, "message": "Authenticate"}
                elif twilio.trouble:
                    status, headers = twilio.trouble.pop(0)
                    body = {"code": 20429, "message": "Too Many Requests"}
                else:
                    status, headers, body = 200, {}, twilio.find(self.path)
                    if body is None:
                        status, body = 404, {"code": 20404, "message": "not found"}
                data = json.dumps(body, indent=2).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    # ---- what there is ----

    def add_flow(self, sid, name):
        self.flows[sid] = {"sid": sid, "friendly_name": name}

    def add_call(self, sid, start, end=None, status=None, direction="inbound", parent=None):
        self.calls[sid] = {"sid": sid, "account_sid": ACCOUNT, "from": "+14158675308", "to": "+14158675309", "direction": direction,
                           "date_created": mail(start), "start_time": mail(start), "end_time": mail(end) if end else None,
                           "status": status or ("completed" if end else "in-progress"), "parent_call_sid": parent}

    def end_call(self, sid, end, status="completed"):
        self.calls[sid].update(end_time=mail(end), status=status)

    def add_execution(self, sid, flow, call, start):
        self.executions[sid] = {"sid": sid, "flow_sid": flow, "flow_version": 4, "status": "active", "context": {}, "initiated_by": call,
                                "contact_channel_address": "+14155555555", "date_created": iso(start), "date_updated": None,
                                "steps": [], "widgets": {}}

    def add_step(self, execution, type_, widget, event, to="next", when=0, **values):
        made = self.executions[execution]
        sid = f"FT{execution[2:]}{len(made['steps']):04}"
        if values:
            made["widgets"][widget] = values
        made["steps"].append({"sid": sid, "execution_sid": execution, "name": event, "transitioned_from": widget, "transitioned_to": to, "type": type_,
                              "date_created": iso(when), "date_updated": None, "then": json.loads(json.dumps(made["widgets"]))})
        return sid

    # ---- answers ----

    def studio_list(self, path, key, entries, query):
        at = int(query.get("Page", 0)) * self.page
        more = at + self.page < len(entries)
        following = f"{self.url}{path}?" + urllib.parse.urlencode({**query, "Page": int(query.get("Page", 0)) + 1})
        return {"meta": {"page_size": self.page, "next_page_url": following if more else None, "key": key}, key: entries[at:at + self.page]}

    def api_list(self, path, key, entries, query):
        answer = self.studio_list(path, key, entries, query)
        following = answer.pop("meta")["next_page_url"]
        return {**answer, "next_page_uri": following and following[len(self.url):], "page_size": self.page}

    @staticmethod
    def shown(thing):
        return {name: value for name, value in thing.items() if name not in ("steps", "widgets", "then")}

    def find(self, whole):
        path, _, query = whole.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        parts = path.strip("/").removesuffix(".json").split("/")
        if parts == ["v2", "Flows"]:
            return self.studio_list(path, "flows", list(self.flows.values()), query)
        if parts[:2] == ["v2", "Flows"]:
            return self.find_execution(path, parts[2], parts[4:], query)
        if parts[:3] != ["2010-04-01", "Accounts", ACCOUNT]:
            return None
        if len(parts) == 4:
            return self.api_list(path, "calls", list(self.calls.values()), query)
        if len(parts) == 5:
            return self.calls.get(parts[4])
        return self.api_list(path, "events", self.events.get(parts[4], []), query)

    def find_execution(self, path, flow, rest, query):
        if not rest:
            since = query.get("DateCreatedFrom", "")
            return self.studio_list(path, "executions", [self.shown(each) for each in self.executions.values()
                                                         if each["flow_sid"] == flow and each["date_created"] >= since], query)
        execution = self.executions.get(rest[0])
        if execution is None:
            return None
        if rest[1:] == ["Steps"]:
            return self.studio_list(path, "steps", [self.shown(each) for each in reversed(execution["steps"])], query)
        if rest[1:] == ["Context"]:
            return {"context": {"widgets": execution["widgets"]}}
        step = next((each for each in execution["steps"] if each["sid"] == rest[2]), None)
        return step and {"context": {"widgets": step["then"]}}
