// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The page's own files; see page_files.h. The assembler takes them in as they are;
 * scripts/make/report.mk has the dependencies.
 */
#include "report/page_files.h"

#include <stddef.h>

#define BUILT_IN(name, file)							\
	__asm__(".section .rodata\n"						\
		".global synergy_file_" #name "\n"				\
		".hidden synergy_file_" #name "\n"				\
		"synergy_file_" #name ":\n"					\
		".incbin \"user/report/html/" file "\"\n"			\
		".global synergy_file_" #name "_end\n"				\
		".hidden synergy_file_" #name "_end\n"				\
		"synergy_file_" #name "_end:\n"					\
		".byte 0\n"							\
		".previous\n");							\
	extern const char synergy_file_##name[], synergy_file_##name##_end[]

BUILT_IN(style, "report.css");
BUILT_IN(format, "format.js");
BUILT_IN(data, "data.js");
BUILT_IN(dom, "dom.js");
BUILT_IN(draw, "draw.js");
BUILT_IN(view, "view.js");
BUILT_IN(curve, "curve.js");
BUILT_IN(timeline, "timeline.js");
BUILT_IN(fold, "fold.js");
BUILT_IN(inference, "inference.js");
BUILT_IN(sorted, "sorted.js");
BUILT_IN(table, "table.js");
BUILT_IN(scatter, "scatter.js");
BUILT_IN(summary, "summary.js");
BUILT_IN(compare, "compare.js");
BUILT_IN(page, "page.js");

/* In this order: classes must stand before what is made of them. */
static const struct {
	const char *begin, *end;
} script[] = {
	{ synergy_file_format, synergy_file_format_end },
	{ synergy_file_data, synergy_file_data_end },
	{ synergy_file_dom, synergy_file_dom_end },
	{ synergy_file_draw, synergy_file_draw_end },
	{ synergy_file_view, synergy_file_view_end },
	{ synergy_file_curve, synergy_file_curve_end },
	{ synergy_file_timeline, synergy_file_timeline_end },
	{ synergy_file_fold, synergy_file_fold_end },
	{ synergy_file_inference, synergy_file_inference_end },
	{ synergy_file_sorted, synergy_file_sorted_end },
	{ synergy_file_table, synergy_file_table_end },
	{ synergy_file_scatter, synergy_file_scatter_end },
	{ synergy_file_summary, synergy_file_summary_end },
	{ synergy_file_compare, synergy_file_compare_end },
	{ synergy_file_page, synergy_file_page_end },
};

void synergy_page_put_style(FILE *out)
{
	fwrite(synergy_file_style, 1, (size_t)(synergy_file_style_end - synergy_file_style), out);
}

void synergy_page_put_script(FILE *out)
{
	size_t i;

	fputs("(function () {\n'use strict';\n", out);
	for (i = 0; i < sizeof(script) / sizeof(script[0]); i++)
		fwrite(script[i].begin, 1, (size_t)(script[i].end - script[i].begin), out);
	fputs("})();\n", out);
}
