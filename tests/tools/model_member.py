#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints a member of a part of a fitted model.

usage: tests/tools/model_member.py FILE SCOPE PART KEY [INDEX]
"""
import json
import sys

path, scope, name, key = sys.argv[1:5]
with open(path) as f:
    parts = json.load(f)["parts"]
value = [p for p in parts if p["scope"] == scope and p["name"] == name][0][key]
print(value[int(sys.argv[5])] if isinstance(value, list) else value)
