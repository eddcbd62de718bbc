# SPDX-License-Identifier: MIT
"""The same calls as rows of PostgreSQL's COPY and of plain SQLite."""
import re

LINE = re.compile(rb'\{"dest":"([^"]*)","src":"([^"]*)","start":"(\d+)","end":"(\d+)","session_id":"([^"]*)","detail":(.*),"type":"(\w+)"(?:,"log":\w+)?\}\s*$', re.S)
TYPES = {b"inbound": b"0", b"outbound": b"1", b"transfer": b"2"}
SEPARATORS = re.compile(rb"[ ().-]")


def dest_key(dest):
    """A number as it is compared: without separators and leading +, where only digits are left."""
    short = SEPARATORS.sub(b"", dest)
    short = short[1:] if short.startswith(b"+") else short
    return short if short.isdigit() else dest


def fields(line):
    """start, end, steps, type, session_id, dest, dest_key, src, detail of a generated line."""
    dest, src, start, end, session, detail, kind = LINE.match(line).groups()
    return start, end, b"%d" % detail.count(b'"event":{'), TYPES[kind], session, dest, dest_key(dest), src, detail


def copy_row(line):
    """One line of COPY's text format, for account 1."""
    start, end, steps, kind, *texts = fields(line)
    return b"\t".join([start, end, b"1", steps, kind, *(text.replace(b"\\", b"\\\\") for text in texts)]) + b"\n"
