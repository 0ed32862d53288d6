# SPDX-License-Identifier: GPL-2.0-only
"""The figures of one or more boards, as text: a column a board."""
import json


def read(path):
    with open(path) as f:
        try:
            result = json.load(f)
        except ValueError as e:
            raise ValueError("%s: no JSON: %s" % (path, e))
    if not isinstance(result, dict) or result.get("format") != "synergy-hardware 1":
        raise ValueError("%s: format is %r, not 'synergy-hardware 1'" % (
            path, result.get("format") if isinstance(result, dict) else None))
    return result


def get(value, *keys):
    """value[key][key]..., None where there is none"""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def show(value, form="%.4g"):
    if value is None:
        return "-"
    return form % value if isinstance(value, (int, float)) else str(value)


def rail_rows(result):
    """name of a row -> text"""
    rows = {}
    for rate in result["rates"]:
        name = "rate %s" % rate["asked"]
        rails = rate.get("rails")
        if not rails:
            rows[name] = "refused"
            continue
        first = sorted(rails.items())[0][1]
        gone = rate.get("missed_of")
        rows[name + ": Hz"] = show(first["hz"])
        rows[name + ": ticks missed"] = "%d of %d" % tuple(gone) if gone else "-"
        rows[name + ": interval p99, max us"] = "%s, %s" % (show(get(first, "interval_us", "p99")),
                                                           show(get(first, "interval_us", "max")))
        rows[name + ": window +- us"] = "%s +- %s" % (show(first["window_us"]),
                                                      show(get(first, "window_error_us", "p50")))
    for conversion in result["conversions"]:
        for rail, found in conversion["rails"].items():
            # A short check has too few conversions for the quiet one.
            sd = get(found, "shunt_uv", "quiet_sd") or get(found, "shunt_uv", "sd")
            rows["noise at %d us, %s: uV" % (conversion["conversion_us"], rail)] = show(sd)
    for rail, found in result["rest"].items():
        rows["at rest, %s: mW" % rail] = show(found["power_mw"])
        rows["at rest, %s: shunt uV (sd)" % rail] = "%s (%s)" % (show(get(found, "shunt_uv", "mean")),
                                                                 show(get(found, "shunt_uv", "sd")))
        rows["offset, %s: at most uV" % rail] = show(get(found, "offset", "at_most_uv"))
    for rail, found in result["load"].items():
        line = found["load_line"]
        rows["load line, %s: mOhm" % rail] = "%s +- %s" % (show(line["mohm"]), show(2 * line["se_mohm"])) if line else "-"
        most = max(found["steps"], key=lambda s: s["busy"])
        rows["every core busy, %s: mW" % rail] = show(most["mw"])
    if "meter" in result:
        rows["against the meter: gain, offset W"] = "%s, %s" % (show(get(result, "meter", "gain")),
                                                                show(get(result, "meter", "offset_w")))
    rows["network: uJ an inference"] = show(get(result, "network", "total", "energy_uj"))
    rows["network: +- uJ"] = show(get(result, "network", "total", "energy_ci95_uj"))
    return rows


def page(results):
    """A row a figure, in the order in which the first board has them"""
    columns = [rail_rows(r) for r in results]
    names = []
    for column in columns:
        names += [n for n in column if n not in names]
    heads = ["%s%s" % (get(r, "provenance", "board") or "no name",
                       " (simulated)" if get(r, "provenance", "simulated") else "") for r in results]
    lines = [[""] + heads] + [[n] + [c.get(n, "-") for c in columns] for n in names]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)
