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
