# SPDX-License-Identifier: MIT
# Writes the schema's SQL files, in the order of their numbers, as one C table.
import json
import pathlib
import sys

output, prefix, *inputs = sys.argv[1:]
lines = ['#include "store/schema.h"', "", f"const struct schema_step {prefix}schema_steps[] = {{"]
files = sorted(pathlib.Path(name) for name in inputs)
for number, path in enumerate(files, 1):
    if int(path.name.split("-")[0]) != number:
        sys.exit(f"schema file '{path.name}' should have number {number}")
    lines.append(f"\t{{.name = {json.dumps(path.name)}, .sql =")
    lines += [f"\t{json.dumps(line)}" for line in path.read_text("ascii").splitlines(keepends=True)]
    lines.append("\t},")
steps = f"{prefix}schema_steps"
lines += ["};", f"const int {prefix}schema_version = sizeof({steps}) / sizeof({steps}[0]);", ""]
pathlib.Path(output).write_text("\n".join(lines), "ascii")
