#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Attribution against the simulator's truth: reads the runs that scripts/bench/attribution
measured, writes attribution.csv, a plot and a summary, and says whether the aims are met.

usage: attribution.py RUNS_DIR OUTPUT_DIR

The rules: an aim of so many per cent is met when every layer of the class is within it;
coverage is over all layers that do something, whatever their length; counts are exact when
what they exceed the truth by is what the marks themselves execute, the same in every
interval (but for the few in which an interrupt came between a mark's two readings).
"""
import collections
import csv
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "study"))
from counts import excess  # noqa: E402
from truth import Truth, event_column, number, rail_of, read_layers  # noqa: E402

COLUMNS = ("network", "layer", "op", "periods", "runs", "samples", "truth_uj", "estimate_uj",
           "ci95_uj", "error_pct", "resolved", "covered", "simd", "simd_truth", "bus", "bus_truth",
           "inst", "inst_truth")
EVENTS = (("simd", "ase_spec"), ("bus", "bus_access"), ("inst", "inst_retired"))
EMPTY = "Dropout"  # layers that do nothing: the marks' own work
DISTURBED = 0.005  # share of intervals whose marks may have been interrupted
EXCLUDED_OPS = ("(between)", "(unattributed)")


def compare(path):
    meta, header, rows = read_layers(os.path.join(path, "layers.csv"))
    truth = Truth(os.path.join(path, "truth.csv"), rail_of(meta))
    period = float(meta["interval_us"].split()[0])
    events = {name: event_column(header, word) for name, word in EVENTS}
    result = []
    for r in rows:
        if r["op"] in EXCLUDED_OPS:
            continue
        i = int(r["index"])
        true, got, ci = truth.mean(i, "uj"), number(r["energy_uj"]), number(r["energy_ci95_uj"])
        row = {"network": r["network"], "layer": r["layer"], "op": r["op"],
               "periods": number(r["time_us"]) / period, "runs": int(meta["runs_measured"]),
               "samples": number(r["samples"]), "truth_uj": true, "estimate_uj": got,
               "ci95_uj": ci, "error_pct": 100 * (got / true - 1) if true > 0 else math.nan,
               "resolved": r["resolved"], "covered": int(abs(got - true) <= ci)}
        for name, column in events.items():
            row[name] = number(r[column]) if column else math.nan
            row[name + "_truth"] = truth.mean(i, name)
        result.append(row)
    total = meta["total_uj"].split()
    ops = {int(r["index"]): r["op"] for r in rows if r["op"] not in EXCLUDED_OPS}
    return result, {"network": rows[0]["network"], "total_uj": float(total[0]),
                    "total_ci95_uj": float(total[2]), "truth_uj": truth.run("uj"),
                    "runs": int(meta["runs_measured"]), "period_us": period,
                    "excess": count_excess(path, header, ops)}


def count_excess(path, header, ops):
    """{event: (of the working layers' intervals, of the empty ones')}"""
    first = header.index(event_column(header, EVENTS[0][1]))
    names = []
    for column in header[first:header.index("params")]:
        names += [name for name, word in EVENTS if word in column.lower()] or ["mem"]
    result = {name: ([], []) for name, _ in EVENTS}
    for layer, intervals in excess(path, names).items():
        for k, name in enumerate(names):
            if name in result and layer in ops:
                result[name][ops[layer] == EMPTY].extend(v[k] for v in intervals)
    return result


def say(out, text=""):
    print(text)
    out.write(text + "\n")


def line(out, name, rows, aim):
    """One class of layers; aim in per cent or None. Are all within it?"""
    if not rows:
        say(out, f"{name:40s}    0 layers")
        return False
    errors = sorted(abs(r["error_pct"]) for r in rows)
    within = sum(e <= aim for e in errors) if aim else 0
    covered = sum(r["covered"] for r in rows)
    text = f"{name:40s} {len(rows):4d} layers: error mean {sum(errors) / len(rows):6.2f} %, "
    text += f"95 of 100 below {errors[min(len(errors) - 1, int(0.95 * len(errors)))]:6.2f} %, "
    text += f"worst {errors[-1]:6.2f} %; interval covers {covered} of {len(rows)}"
    if aim:
        text += f"; within {aim} %: {within} ({100 * within / len(rows):.1f} %)"
    say(out, text)
    return bool(aim) and within == len(rows)


def worst(out, rows):
    for r in sorted(rows, key=lambda r: -abs(r["error_pct"]))[:5]:
        say(out, f"    {r['network']} {r['layer']} ({r['op']}, {r['periods']:.2f} periods, "
                 f"{r['runs']} runs): truth {r['truth_uj']:.1f} uJ, estimate "
                 f"{r['estimate_uj']:.1f} +- {r['ci95_uj']:.1f}, {r['error_pct']:+.2f} %")


def counts(out, totals):
    """Exact but for the marks' own; how many those are."""
    met = True
    for name, _ in EVENTS:
        work = [v for t in totals for v in t["excess"][name][0]]
        empty = [v for t in totals for v in t["excess"][name][1]]
        if not work or not empty:
            say(out, f"counts of {name}: not measured")
            return False
        own = collections.Counter(empty).most_common(1)[0][0]
        same = sum(v == own for v in work)
        text = f"counts of {name:4s}: count less truth in {len(work)} intervals of layers "
        if name == "bus":  # which of the marks' own lines are in a cache depends on the layer
            s, e = sorted(work), sorted(empty)
            say(out, text + f"{s[0]} to {s[-1]}, median {s[len(s) // 2]}; in {len(e)} empty "
                            f"intervals {e[0]} to {e[-1]}, median {e[len(e) // 2]}")
            met &= s[0] >= 0 and s[len(s) // 2] <= e[-1]
            continue
        say(out, text + f"{own} in {same} ({100 * same / len(work):.2f} %), as in "
                        f"{sum(v == own for v in empty)} of {len(empty)} empty ones; else "
                        f"{min(work)} to {max(work)}")
        met &= same >= (1 - DISTURBED) * len(work) and min(work) >= 0
    return met


def summarise(out, rows, totals):
    empty = [r for r in rows if r["op"] == EMPTY]
    rows = [r for r in rows if r["op"] != EMPTY]
    known = [r for r in rows if not math.isnan(r["error_pct"])]
    long = [r for r in known if r["periods"] >= 5]
    short = [r for r in known if 0.1 <= r["periods"] < 1]
    for t in totals:
        say(out, f"{t['network']}: {t['runs']} runs at {t['period_us']:.0f} us: total "
                 f"{t['total_uj']:.0f} +- {t['total_ci95_uj']:.0f} uJ, truth {t['truth_uj']:.0f} "
                 f"({100 * (t['total_uj'] / t['truth_uj'] - 1):+.2f} %)")
    say(out)
    aims = [("five periods and more: every layer within 2 %",
             line(out, "layers of five periods and more", long, 2))]
    worst(out, long)
    line(out, "layers of one to five periods", [r for r in known if 1 <= r["periods"] < 5], None)
    aims.append(("a tenth of a period to one: every layer within 5 %",
                 line(out, "layers of a tenth of a period to one", short, 5)))
    worst(out, short)
    line(out, "shorter layers", [r for r in known if r["periods"] < 0.1], None)
    covered = sum(r["covered"] for r in known)
    share = 100 * covered / max(len(known), 1)
    say(out, f"95 % intervals cover the truth in {covered} of {len(known)} layers ({share:.1f} %); "
             f"{len(rows) - len(known)} were met by no sample; {len(empty)} empty layers apart")
    aims.append((f"intervals cover 90 to 99 % of at least 300 layers ({len(known)})",
                 90 <= share <= 99 and len(known) >= 300))
    say(out)
    aims.append(("counts exact but for the marks' own", counts(out, totals)))
    say(out)
    for name, met in aims:
        say(out, f"{'met    ' if met else 'NOT MET'} {name}")
    return all(met for _, met in aims)


def plot(directory):
    script = """
set terminal pngcairo size 1200,700
set output 'attribution.png'
set datafile separator ','
set logscale x
set xlabel 'length of the layer, sampling periods'
set ylabel 'error of its energy, %'
set xrange [0.05:500]
set yrange [-12:12]
set grid
set title "Energy per layer against the simulator's truth, with 95 % intervals"
plot 'attribution.csv' using 4:(strcol(3) eq 'Dropout' ? NaN : $10):($9/$7*100) every ::1 \\
	with yerrorbars pt 7 ps 0.5 notitle, \\
	'+' using 1:($1 >= 5 ? 2 : $1 < 1 ? 5 : NaN) with lines lc 'red' title 'aims', \\
	'+' using 1:($1 >= 5 ? -2 : $1 < 1 ? -5 : NaN) with lines lc 'red' notitle
"""
    try:
        subprocess.run(["gnuplot"], input=script, text=True, cwd=directory, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"attribution: no plot: {e}", file=sys.stderr)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    runs, output = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    rows, totals = [], []
    for name in sorted(os.listdir(runs)):
        path = os.path.join(runs, name)
        if os.path.exists(os.path.join(path, "layers.csv")) and not name.endswith(".part"):
            layers, total = compare(path)
            rows += layers
            totals.append(total)
    if not rows:
        print(f"attribution: {runs}: no measured network", file=sys.stderr)
        return 1
    with open(os.path.join(output, "attribution.csv"), "w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for r in rows:
            writer.writerow({k: ("" if isinstance(v, float) and math.isnan(v) else
                                 f"{v:.6g}" if isinstance(v, float) else v) for k, v in r.items()})
    plot(output)
    with open(os.path.join(output, "attribution.txt"), "w", encoding="utf-8") as out:
        return 0 if summarise(out, rows, totals) else 1


if __name__ == "__main__":
    sys.exit(main())
