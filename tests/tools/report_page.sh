#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host: timeout=400
#
# report.html as a browser shows it: tests/report/page.js in headless Chromium, on
# reports of recordings that are made here.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

# page NAME MAKER ARG...
page() {
	"$bin/tests/tools/$2" "$work/recording.syn" "${@:3}" || fail "$2: exit status $?"
	"$bin/synergy-report" -q --output "$work/$1" "$work/recording.syn" ||
		fail "synergy-report: exit status $?"
}

case ${1-} in
--list) exec node "$top/tests/report/page.js" --list ;;
esac
command -v node >/dev/null || { echo "SKIP: node is not there"; exit 77; }
needs synergy-report tests/tools/make_recording tests/tools/make_long
page paper make_recording freq
page hostile make_recording hostile lost errors
page nomarks make_recording nomarks
page large make_long 1000 75
"$bin/tests/tools/make_recording" "$work/a.syn" seed=1 &&
	"$bin/tests/tools/make_recording" "$work/b.syn" seed=2 dear=5 names && mkdir "$work/compared" &&
	"$bin/synergy-report" --compare --format html "$work/a.syn" "$work/b.syn" \
		>"$work/compared/report.html" || fail "--compare: exit status $?"
rm -f "$work"/*.syn
SYNERGY_PAGES=$work NODE_PATH=$cache/browser/node_modules TMPDIR=$work \
	node "$top/tests/report/page.js" "$@"
