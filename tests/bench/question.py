# SPDX-License-Identifier: MIT
"""What is asked: one address of the API, in one representation."""
from dataclasses import dataclass, replace
from urllib.parse import quote

JSON, XML = "application/json", "application/xml"


@dataclass(frozen=True)
class Question:
    key: str          # names the file that nginx serves
    title: str
    kind: str = "all_logs"   # all_logs, calls, call, text
    start: int = 0
    end: int = 0
    number: str = ""
    offset: int = 0
    limit: int = 10
    session: str = ""
    text: str = ""
    accept: str = JSON
    coding: str = "identity"
    clients: int = 16

    def path(self):
        if self.kind == "call":
            return f"/api/call/{quote(self.session, safe='')}"
        if self.kind == "text":
            return f"/v1/calls?text={quote(self.text)}&limit={self.limit}"
        number = f"&number={quote(self.number)}" if self.number else ""
        offset = f"&offset={self.offset}" if self.offset else ""
        return f"/api/{self.kind}/{self.start}/{self.end}?limit={self.limit}{offset}{number}"

    def plain(self):
        """The same question as JSON without compression: what all its answers are compared with."""
        return replace(self, accept=JSON, coding="identity")

    def headers(self):
        return {"Accept": self.accept, "Accept-Encoding": self.coding}

    def suffix(self):
        return (".xml" if self.accept == XML else ".json")
