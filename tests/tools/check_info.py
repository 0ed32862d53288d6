#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""synergy-info's JSON of a machine without a device: no member twice, a serious problem.

usage: tests/tools/check_info.py FILE
"""
import json
import sys


def unique(pairs):
    keys = [k for k, v in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


with open(sys.argv[1]) as f:
    j = json.load(f, object_pairs_hook=unique)
assert j["usable"] is False and any(p["serious"] for p in j["problems"])
assert j["facts"]["versions"]["libsynergy"]
