# SPDX-License-Identifier: MIT
"""nginx, serving from files the very bytes that callstep answered."""
import os
import pwd
import shutil
from pathlib import Path

from process import Process, accepts, free_port, run
from sides.side import Side

CONFIG = Path(__file__).with_name("nginx") / "files.conf"


def fill_in(template, target, **values):
    text = template.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    target.write_text(text)
    return target


class Nginx(Side):
    name = "nginx"

    def start(self):
        self.files = self.folder / "files"
        shutil.rmtree(self.files, ignore_errors=True)
        self.files.mkdir()
        port = free_port()
        config = fill_in(CONFIG, self.folder / "nginx.conf", FOLDER=self.folder, PORT=port,
                         USER=pwd.getpwuid(os.geteuid()).pw_name)
        process = Process(["nginx", "-c", config, "-p", self.folder], self.folder / "log")
        self.processes.append(process)
        process.wait_until(lambda: accepts(port))
        self.address = f"127.0.0.1:{port}"

    def put(self, question, answer):
        """Takes over callstep's answer: with gzip, the body as it came lies ready for gzip_static."""
        file = self.files / (question.key + question.suffix())
        if question.coding == "gzip":
            Path(f"{file}.gz").write_bytes(answer.wire)
        else:
            file.write_bytes(answer.wire)

    def path(self, question):
        return "/" + question.key + question.suffix()

    def version(self):
        return run("sh", "-c", "nginx -v 2>&1").strip()

    def settings(self):
        return [line.strip() for line in CONFIG.read_text().splitlines()
                if line.strip().endswith(";") and "@" not in line]
