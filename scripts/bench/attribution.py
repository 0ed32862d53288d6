#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Attribution against the simulator's truth: reads the runs that scripts/bench/attribution
measured, writes attribution.csv, a plot and a summary, and says whether the aims are met.

usage: attribution.py RUNS_DIR OUTPUT_DIR
"""
import csv
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "study"))
from truth import Truth, event_column, number, rail_of, read_layers  # noqa: E402

COLUMNS = ("network", "layer", "op", "periods", "runs", "samples", "truth_uj", "estimate_uj",
           "ci95_uj", "error_pct", "resolved", "covered", "simd", "simd_truth", "bus", "bus_truth",
           "inst", "inst_truth")


def compare(path):
    meta, header, rows = read_layers(os.path.join(path, "layers.csv"))
    truth = Truth(os.path.join(path, "truth.csv"), rail_of(meta))
    period = float(meta["interval_us"].split()[0])
    events = {"simd": event_column(header, "ase_spec"), "bus": event_column(header, "bus_access"),
              "inst": event_column(header, "inst_retired")}
    result = []
    for r in rows:
        if r["op"] == "(between)":
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
    total = float(meta["total_uj"].split()[0])
    return result, {"network": rows[0]["network"], "total_uj": total, "truth_uj": truth.run("uj"),
                    "closure_pct": float(meta["closure_pct"])}


def say(out, text):
    print(text)
    out.write(text + "\n")


def line(out, name, rows, aim):
    """One class of layers: worst and mean error; aim in per cent or None."""
    rows = [r for r in rows if not math.isnan(r["error_pct"])]
    if not rows:
        say(out, f"{name:44s} none")
        return True
    errors = sorted(abs(r["error_pct"]) for r in rows)
    within = sum(e <= aim for e in errors) if aim else 0
    text = f"{name:44s} {len(rows):4d} layers, mean {sum(errors) / len(rows):6.2f} %, "
    text += f"95 % of them below {errors[min(len(errors) - 1, int(0.95 * len(errors)))]:6.2f} %, "
    text += f"worst {errors[-1]:6.2f} %"
    if aim:
        text += f"; within {aim} %: {within} of {len(rows)}"
    say(out, text)
    return not aim or within == len(rows)


def counts(out, rows):
    met = True
    for name in ("simd", "bus", "inst"):
        known = [r for r in rows if not math.isnan(r[name]) and not math.isnan(r[name + "_truth"])]
        wrong = [r for r in known if abs(r[name] - r[name + "_truth"]) > 0.5]
        worst = max((abs(r[name] - r[name + "_truth"]) for r in known), default=math.nan)
        say(out, f"counts of {name:5s} equal the truth in {len(known) - len(wrong)} of {len(known)}"
                 f" layers; the marks' own work adds up to {worst:.1f}")
        if name == "simd":
            met &= not wrong and bool(known)
    return met


def summarise(out, rows, totals):
    known = [r for r in rows if not math.isnan(r["estimate_uj"])]
    covered = sum(r["covered"] for r in known)
    share = 100 * covered / max(len(known), 1)
    aims = []
    aims.append(("five samples and more within 2 %",
                 line(out, "layers of five periods and more",
                      [r for r in rows if r["periods"] >= 5], 2)))
    line(out, "layers of one to five periods", [r for r in rows if 1 <= r["periods"] < 5], None)
    aims.append(("a tenth of a period to one within 5 %",
                 line(out, "layers of a tenth of a period to one",
                      [r for r in rows if 0.1 <= r["periods"] < 1], 5)))
    line(out, "shorter layers", [r for r in rows if r["periods"] < 0.1], None)
    say(out, f"95 % intervals cover the truth in {covered} of {len(known)} layers ({share:.1f} %); "
             f"{len(rows) - len(known)} layers were met by no sample")
    aims.append((f"intervals cover 90 to 99 % of at least 300 layers ({len(known)})",
                 90 <= share <= 99 and len(known) >= 300))
    aims.append(("SIMD counts exact", counts(out, rows)))
    for t in totals:
        say(out, f"{t['network']}: total {t['total_uj']:.0f} uJ, truth {t['truth_uj']:.0f} "
                 f"({100 * (t['total_uj'] / t['truth_uj'] - 1):+.2f} %), closure "
                 f"{t['closure_pct']:.3f} %")
    aims.append(("closure below 0.1 %", all(t["closure_pct"] < 0.1 for t in totals)))
    for name, met in aims:
        say(out, f"{'met   ' if met else 'NOT MET'} {name}")
    return all(met for _, met in aims)


def plot(directory):
    script = """
set terminal pngcairo size 1200,700
set output 'attribution.png'
set datafile separator ','
set logscale x
set xlabel 'length of the layer, sampling periods'
set ylabel 'error of its energy, %'
set yrange [-12:12]
set grid
set title "Energy per layer against the simulator's truth, with 95 % intervals"
plot 'attribution.csv' using 4:10:($9/$7*100) every ::1 with yerrorbars pt 7 ps 0.5 notitle, \
	2 lt 0 notitle, -2 lt 0 notitle
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
