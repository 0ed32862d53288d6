#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""debian/changelog, from user/doc/CHANGELOG.md; and the version's three places agree.

usage: scripts/install/debian/changelog.py [--check]
Prints the changelog; --check prints nothing. Exit status: 0; 1 the library's version,
the newest heading and a tag at HEAD, where there is one, are not the same.
"""
import datetime
import email.utils
import os
import re
import subprocess
import sys
import textwrap

TOP = os.path.dirname(os.path.abspath(__file__)) + "/../../.."
MAINTAINER = "SyNERGY maintainers <synergy@users.noreply.github.com>"


def library_version():
    with open(TOP + "/user/lib/synergy.h") as f:
        return re.search(r'^#define SYNERGY_LIB_VERSION\s+"(.*)"', f.read(), re.M).group(1)


def releases():
    """(version, date, items), newest first"""
    with open(TOP + "/user/doc/CHANGELOG.md") as f:
        parts = re.split(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)\n", f.read(), flags=re.M)[1:]
    for version, date, text in zip(*[iter(parts)] * 3):
        items = re.findall(r"^- (.*(?:\n  .*)*)", text, re.M)
        yield version, date, [re.sub(r"\s+", " ", i).replace("`", "") for i in items]


def tags():
    run = subprocess.run(["git", "-C", TOP, "tag", "--points-at", "HEAD"], capture_output=True, text=True)
    return [t for t in run.stdout.split() if re.match(r"v?\d", t)]


def main():
    version, newest = library_version(), list(releases())
    if newest[0][0] != version:
        print("changelog: user/lib/synergy.h has version %s, user/doc/CHANGELOG.md %s" % (version, newest[0][0]),
              file=sys.stderr)
        return 1
    for tag in tags():
        if tag.lstrip("v") != version:
            print("changelog: user/lib/synergy.h has version %s, the tag at HEAD is %s" % (version, tag),
                  file=sys.stderr)
            return 1
    if sys.argv[1:] == ["--check"]:
        return 0
    for version, date, items in newest:
        when = datetime.datetime.strptime(date, "%Y-%m-%d").replace(hour=12, tzinfo=datetime.timezone.utc)
        print("synergy (%s) unstable; urgency=medium\n" % version)
        for item in items:
            print(textwrap.fill(item, 78, initial_indent="  * ", subsequent_indent="    "))
        print("\n -- %s  %s\n" % (MAINTAINER, email.utils.format_datetime(when)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
