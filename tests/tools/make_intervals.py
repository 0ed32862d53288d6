# SPDX-License-Identifier: GPL-2.0-only
"""The layers of a recording as another program's file of intervals.

usage: make_intervals.py MARKS.csv KIND SECONDS >FILE

MARKS.csv is of synergy-report --export marks; SECONDS are added to its times. KIND:
csv (microseconds), nanoseconds (CSV), pytorch (an object of complete events, an inference
around them, those of a second process beside them), base (the same from
baseTimeNanoseconds), onnxruntime (the array, each node thrice), ends (begins and ends, one
end without its begin), tensorrt (mean times alone).
"""
import csv
import json
import sys


def pairs(path):
    """(name, begin_us, end_us) of layers, and of inferences as model_run."""
    open_marks, found = {}, []
    for row in csv.DictReader(open(path, encoding="utf-8")):
        name = row["name"]
        if name == "idle":
            continue
        if name.startswith(("inference", "warm-up")):
            name = "model_run"
        if row["kind"] == "begin":
            open_marks[name] = int(row["time_ns"]) / 1000
        else:
            found.append((name, open_marks.pop(name), int(row["time_ns"]) / 1000))
    return sorted(found, key=lambda v: (v[1], -v[2]))


def complete(found, shift, category):
    return [{"ph": "X", "cat": category, "name": name, "pid": 4711, "tid": 4711,
             "ts": begin + shift, "dur": end - begin} for name, begin, end in found]


def onnxruntime(found, shift):
    events = []
    for name, begin, end in found:
        session = name == "model_run"
        common = {"cat": "Session" if session else "Node", "pid": 12, "tid": 13, "args": {}}
        if not session:
            for fence, at in (("_fence_before", begin), ("_fence_after", end)):
                events.append({**common, "ph": "X", "name": name + fence, "ts": at + shift, "dur": 0})
        events.append({**common, "ph": "X", "name": name if session else name + "_kernel_time",
                       "ts": begin + shift, "dur": end - begin})
    return events


def ends(found, shift):
    at = [(begin, 1, -end, name, "B") for name, begin, end in found]
    at += [(end, 0, 0, name, "E") for name, begin, end in found]
    events = [{"ph": "E", "pid": 1, "tid": 5, "ts": shift}]
    for ts, _, _, name, ph in sorted(at):
        events.append({"ph": ph, "pid": 1, "tid": 5, "ts": ts + shift,
                       **({"name": name} if ph == "B" else {})})
    return events


def tensorrt(found):
    first = [v for v in found if v[0] != "model_run"][:4]
    return [{"count": 10}] + [{"name": name, "timeMs": (end - begin) / 100,
                               "averageMs": (end - begin) / 1000, "percentage": 1}
                              for name, begin, end in first]


def main():
    found, kind, shift = pairs(sys.argv[1]), sys.argv[2], float(sys.argv[3]) * 1e6
    if kind in ("csv", "nanoseconds"):
        unit, scale = ("us", 1) if kind == "csv" else ("ns", 1000)
        out = csv.writer(sys.stdout)
        out.writerow(["name", f"begin_{unit}", f"end_{unit}", "thread"])
        for name, begin, end in found:
            out.writerow([name, round((begin + shift) * scale), round((end + shift) * scale), 77])
        return
    if kind == "onnxruntime":
        result = onnxruntime(found, shift)
    elif kind == "ends":
        result = ends(found, shift)
    elif kind == "tensorrt":
        result = tensorrt(found)
    elif kind == "base":
        base = int(shift) // 1000000 * 1000000
        result = {"baseTimeNanoseconds": base * 1000,
                  "traceEvents": complete(found, shift - base, "cpu_op")}
    else:
        result = {"schemaVersion": 1, "traceEvents": complete(found, shift, "cpu_op") + [
            {"ph": "X", "name": "other", "pid": "Spans", "tid": "stream 7",
             "ts": found[0][1] + shift, "dur": 10},
            {"ph": "M", "name": "process_name", "pid": 4711, "args": {"name": "python"}}]}
    json.dump(result, sys.stdout)


main()
