/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The style sheet and the script of report.html, as they lie in user/report/html,
 * built in: a report is one file.
 */
#ifndef SYNERGY_REPORT_PAGE_FILES_H
#define SYNERGY_REPORT_PAGE_FILES_H

#include <stdio.h>

void synergy_page_put_style(FILE *out);
void synergy_page_put_script(FILE *out);	/* in a function of its own */

#endif /* SYNERGY_REPORT_PAGE_FILES_H */
