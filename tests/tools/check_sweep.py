#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: check_sweep.py DIR: results.csv and datapackage.json of sweep.sh's product.

The package is held against the parts of the Frictionless specifications that it uses
(data package, tabular data resource, table schema), and the table against the package.
"""
import csv
import json
import os
import sys

import jsonschema

FIELD = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "type": {"enum": ["string", "number", "integer", "boolean"]},
        "description": {"type": "string"},
        "unit": {"type": "string"},
    },
    "additionalProperties": False,
}
PACKAGE = {
    "type": "object",
    "required": ["name", "resources", "profile"],
    "properties": {
        "profile": {"const": "tabular-data-package"},
        # a name is usable in a URL
        "name": {"type": "string", "pattern": "^[-a-z0-9._/]+$"},
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path", "profile", "schema"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[-a-z0-9._/]+$"},
                    "path": {"type": "string", "pattern": r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"},
                    "profile": {"const": "tabular-data-resource"},
                    "schema": {
                        "type": "object",
                        "required": ["fields"],
                        "properties": {
                            "fields": {"type": "array", "minItems": 1, "items": FIELD},
                            "missingValues": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}
CASTS = {"string": str, "number": float, "integer": int}

directory = sys.argv[1]
package = json.load(open(os.path.join(directory, "datapackage.json"), encoding="utf-8"))
jsonschema.validate(package, PACKAGE)
resource = package["resources"][0]
fields = resource["schema"]["fields"]
with open(os.path.join(directory, resource["path"]), encoding="utf-8", newline="") as f:
    rows = list(csv.reader(f))
assert rows[0] == [field["name"] for field in fields], rows[0]
for row in rows[1:]:
    assert len(row) == len(fields), row
    for field, value in zip(fields, row):
        if value not in resource["schema"]["missingValues"]:
            CASTS[field["type"]](value)
units = {field["name"]: field.get("unit") for field in fields}
assert units["energy_uj"] == "uJ" and units["time_us"] == "us" and units["SIMD"] == "count", units

table = [dict(zip(rows[0], row)) for row in rows[1:]]
assert {r["board"] for r in table} == {"tx1"}, "board"
assert {r["clock"] for r in table} == {"204MHz", "1734MHz", "performance"}, "clock"
assert {r["khz"] for r in table} == {"204000", "1734000", ""}, {r["khz"] for r in table}
assert {r["threads"] for r in table} == {"1", "4"}, "threads"
assert {r["model"] for r in table} == {"net1.onnx", "net2.onnx"}, "model"
assert {r["temperature_c"] for r in table} == {"41"}, "temperature"
total = [r for r in table if r["op"] == "(total)"]
assert len(total) == 24 and all(r["index"] == "" for r in total), len(total)
assert all(abs(float(r["energy_uj"]) - 403000) < 4000 for r in total), total[0]
assert all(0 < float(r["energy_ci95_uj"]) < 8000 for r in total), total[0]
conv2 = [r for r in table if r["layer"] == "conv2"]
assert all(abs(float(r["energy_uj"]) - 240000) < 3000 and r["SIMD"] == "120000" for r in conv2)
# A block is every configuration once.
for repeat in ("0", "1"):
    assert sorted(int(r["config"]) for r in total if r["repeat"] == repeat) == list(range(12)), repeat
orders = [[r["config"] for r in total if r["repeat"] == repeat] for repeat in ("0", "1")]
assert orders[0] != orders[1] and orders[0] != sorted(orders[0], key=int), orders
