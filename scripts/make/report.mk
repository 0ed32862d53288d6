# SPDX-License-Identifier: GPL-2.0-only
#
# The report's page: its style sheet and script are built into the object.

$(O)/obj/user/report/page_files.o: $(wildcard user/report/html/*)

# The browser's tests (tests/report): Chromium by apt, what drives and examines it by
# npm into the cache. They are skipped where these are missing, so a machine without
# network or node goes on.
PLAYWRIGHT_VERSION	:= 1.65.1
AXE_VERSION		:= 4.14.1
BROWSER_MODULES		:= $(or $(SYNERGY_CACHE_DIR),build/cache)/browser

.PHONY: report-test-packages
report-test-packages:
	$(Q)scripts/setup.sh report-packages || echo "report.html will not be tried in a browser" >&2
	$(Q)[ -d $(BROWSER_MODULES)/node_modules/axe-core ] || ! command -v npm >/dev/null || \
		{ mkdir -p $(BROWSER_MODULES) && cd $(BROWSER_MODULES) && \
		npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
			playwright-core@$(PLAYWRIGHT_VERSION) axe-core@$(AXE_VERSION); } || \
		echo "report.html will not be tried in a browser: npm could not fetch its driver" >&2

# What pages cost in a browser. The middle one is of DenseNet-121's size: 429 layers, ten
# runs; BENCH_REPORT=FILE measures a recording of your own beside them.
BENCH_REPORT	?=

.PHONY: bench-report
bench-report: native report-test-packages ## what report.html costs in Chromium: size, nodes, CPU time to load, a zoom step
	$(Q)mkdir -p build/bench/report && cd build/bench/report && \
		../../../$(O)/tests/tools/make_recording small.syn && \
		../../../$(O)/tests/tools/make_long middle.syn 429 6 && \
		../../../$(O)/tests/tools/make_long large.syn 1000 600 && \
		for f in small middle large $(if $(BENCH_REPORT),own); do \
			file=$$f.syn; [ $$f != own ] || file=$(abspath $(BENCH_REPORT)); \
			../../../$(O)/synergy-report -q --output $$f $$file || exit 1; \
		done; rm -f *.syn
	$(Q)NODE_PATH=$(abspath $(BROWSER_MODULES))/node_modules node tests/report/bench.js \
		"4 layers, 10 runs"=build/bench/report/small/report.html \
		"429 layers, 10 runs"=build/bench/report/middle/report.html \
		"1000 layers, 600 s"=build/bench/report/large/report.html \
		$(if $(BENCH_REPORT),"$(notdir $(BENCH_REPORT))"=build/bench/report/own/report.html)

.PHONY: figures samples
figures: ## user/doc/figures.md from what the benchmarks have left under build/
	$(Q)scripts/figures

samples: native cross board-kmod report-test-packages ## make user/doc/sample again: a recording, a model, a picture
	$(Q)scripts/samples
