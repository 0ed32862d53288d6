// SPDX-License-Identifier: GPL-3.0-or-later
/* See export.h. */
#include "report/export.h"

#include <errno.h>
#include <string.h>

const char *synergy_export_word(size_t i)
{
	static const char *const words[] = {
		[SYNERGY_EXPORT_TRACE] = "trace", [SYNERGY_EXPORT_FOLDED] = "folded",
		[SYNERGY_EXPORT_SAMPLES] = "samples", [SYNERGY_EXPORT_MARKS] = "marks",
	};

	return i < sizeof(words) / sizeof(words[0]) ? words[i] : NULL;
}

void synergy_export_field(const char *text, size_t most, FILE *out)
{
	size_t n = strnlen(text, most), i;
	int quote = 0;

	for (i = 0; i < n; i++)
		quote |= text[i] == ',' || text[i] == '"';
	if (quote)
		fputc('"', out);
	for (i = 0; i < n; i++) {
		if (text[i] == '"')
			fputc('"', out);
		fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i], out);
	}
	if (quote)
		fputc('"', out);
}

const char *synergy_export_rail(const struct synergy_stream *stream, uint32_t rail, char *buf,
				size_t size)
{
	const struct synergy_stream_info *info = synergy_stream_info(stream);

	if (rail < info->n_rails && *info->rails[rail].label)
		snprintf(buf, size, "%.*s", SYNERGY_LABEL_LEN, info->rails[rail].label);
	else
		snprintf(buf, size, "rail%u", rail);
	return buf;
}

int synergy_export(struct synergy_stream *stream, const char *word, const char *rail, FILE *out,
		   struct synergy_error *error)
{
	const char *known;
	size_t kind;

	for (kind = 0; (known = synergy_export_word(kind)) && strcmp(known, word); kind++)
		;
	switch (kind) {
	case SYNERGY_EXPORT_TRACE:
		return synergy_export_trace(stream, out, error);
	case SYNERGY_EXPORT_FOLDED:
		return synergy_export_folded(stream, rail, out, error);
	case SYNERGY_EXPORT_SAMPLES:
		return synergy_export_samples(stream, out, error);
	case SYNERGY_EXPORT_MARKS:
		return synergy_export_marks(stream, out, error);
	default:
		return synergy_error_set(error, EINVAL, "%s: no such form of export", word);
	}
}
