#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: check_trace.py FILE [--paper]

Holds a trace against the rules of the Trace Event Format (Google's "Trace Event Format",
JSON Object Format), as far as synergy-report uses it: required members by phase and their
types, slices of a thread that nest, asynchronous pairs that match, counters that are
numbers, metadata with a name. --paper: it is make_recording's, and has its figures.
"""
import json
import sys
from collections import Counter, defaultdict

REQUIRED = {
    "X": {"ts", "dur", "pid", "tid", "name"},
    "C": {"ts", "pid", "name", "args"},
    "M": {"pid", "name", "args"},
    "i": {"ts", "pid", "tid", "name", "s"},
    "b": {"ts", "pid", "id", "cat", "name"},
    "e": {"ts", "pid", "id", "cat", "name"},
}


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_event(event):
    phase = event["ph"]
    assert phase in REQUIRED, event
    missing = REQUIRED[phase] - event.keys()
    assert not missing, (missing, event)
    assert isinstance(event["name"], str) and event["name"], event
    assert all(isinstance(event.get(k, 0), int) for k in ("pid", "tid")), event
    for key in ("ts", "dur"):
        assert key not in event or (number(event[key]) and event[key] >= 0), event
    if phase == "C":
        assert event["args"] and all(number(v) for v in event["args"].values()), event
    if phase == "M":
        assert event["name"] in ("process_name", "thread_name"), event
        assert isinstance(event["args"]["name"], str), event
    if phase == "i":
        assert event["s"] in ("t", "p", "g"), event


def check_nesting(events):
    """Of two slices of a thread one is within the other, or they do not meet."""
    threads = defaultdict(list)
    for e in events:
        if e["ph"] == "X":
            # in whole ns, so that a slice may end where the next begins
            begin = round(e["ts"] * 1000)
            threads[e["pid"], e["tid"]].append((begin, -(begin + round(e["dur"] * 1000)), e["name"]))
    for slices in threads.values():
        stack = []
        for begin, end, name in sorted(slices):
            while stack and stack[-1][0] <= begin:
                stack.pop()
            assert not stack or -end <= stack[-1][0], f"{name} overlaps {stack[-1][1]}"
            stack.append((-end, name))


def check_pairs(events):
    open_ids = {}
    for e in events:
        key = (e.get("cat"), e.get("id"), e["pid"])
        if e["ph"] == "b":
            assert key not in open_ids, e
            open_ids[key] = e
        elif e["ph"] == "e":
            assert open_ids.pop(key)["ts"] <= e["ts"], e
    assert not open_ids, open_ids


def check_paper(events):
    slices = Counter(e["name"] for e in events if e["ph"] == "X")
    assert slices["conv2"] == 11 and slices["idle"] == 1 and slices["inference 3"] == 1, slices
    conv2 = [e for e in events if e["ph"] == "X" and e["name"] == "conv2"]
    assert all(abs(e["dur"] - 60000) < 0.5 for e in conv2), conv2[0]
    assert all(e["args"]["SIMD"] == 120000 for e in conv2), conv2[0]
    power = [e for e in events if e["ph"] == "C" and e["name"] == "VDD_CPU"]
    inside = [e["args"]["W"] for e in power
              if conv2[0]["ts"] <= e["ts"] < conv2[0]["ts"] + conv2[0]["dur"] - 500]
    assert len(inside) > 50 and all(w == 4 for w in inside), inside


def main():
    trace = json.load(open(sys.argv[1], encoding="utf-8"))
    events = trace["traceEvents"]
    assert trace["displayTimeUnit"] in ("ms", "ns"), trace["displayTimeUnit"]
    assert events, "no event"
    for event in events:
        check_event(event)
    check_nesting(events)
    check_pairs(events)
    if "--paper" in sys.argv:
        check_paper(events)


main()
