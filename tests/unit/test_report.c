// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reports are made of: figures with units, text tables that fit a width, layer
 * types and their totals, the thinned power trace and its integral.
 */
#include "tests/framework/test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/error.h"
#include "report/grid.h"
#include "report/provenance.h"
#include "report/records.h"
#include "report/trace.h"
#include "report/types.h"
#include "report/units.h"

TEST(units)
{
	char buf[96];

	CHECK_STR(synergy_format_time(0.5, buf, sizeof(buf)), "500 ns");
	CHECK_STR(synergy_format_time(1, buf, sizeof(buf)), "1.00 us");
	CHECK_STR(synergy_format_time(999.7, buf, sizeof(buf)), "1.00 ms");
	CHECK_STR(synergy_format_time(1234567, buf, sizeof(buf)), "1.23 s");
	CHECK_STR(synergy_format_energy(0, buf, sizeof(buf)), "0");
	CHECK_STR(synergy_format_energy(NAN, buf, sizeof(buf)), "-");
	CHECK_STR(synergy_format_energy(-45600, buf, sizeof(buf)), "-45.6 mJ");
	CHECK_STR(synergy_format_energy(5.55e-4, buf, sizeof(buf)), "555 pJ");
	CHECK_STR(synergy_format_power(2500, buf, sizeof(buf)), "2.50 W");
	CHECK_STR(synergy_format_count(665784864, buf, sizeof(buf)), "666 M");
	CHECK_STR(synergy_format_count(56, buf, sizeof(buf)), "56");
	CHECK_STR(synergy_format_bytes(1536, buf, sizeof(buf)), "1.50 KiB");
	CHECK_STR(synergy_format_interval(12345, 123, "+-", buf, sizeof(buf)), "12.35 +-0.12 mJ");
	CHECK_STR(synergy_format_interval(3, 14000, "+-", buf, sizeof(buf)), "0 +-14 mJ");
	CHECK_STR(synergy_format_layer(12345, 123, true, "+-", buf, sizeof(buf)), "12.35 +-0.12 mJ");
	CHECK_STR(synergy_format_layer(716, 447, false, "+-", buf, sizeof(buf)), "~716 +-447 uJ");
	CHECK_STR(synergy_format_layer(266, 953, false, "+-", buf, sizeof(buf)), "< 1.22 mJ");
	CHECK_STR(synergy_format_layer(-300, 951, false, "+-", buf, sizeof(buf)), "< 951 uJ");
	CHECK_STR(synergy_format_layer(NAN, NAN, false, "+-", buf, sizeof(buf)), "-");
	CHECK_STR(synergy_format_interval(5000, NAN, "+-", buf, sizeof(buf)), "5.00 mJ");
}

static struct synergy_grid *make_grid(void)
{
	struct synergy_grid *grid = synergy_grid_new();

	synergy_grid_column(grid, "name", SYNERGY_GRID_LEFT, 6, false);
	synergy_grid_column(grid, "value", SYNERGY_GRID_RIGHT, 0, false);
	synergy_grid_column(grid, "more", SYNERGY_GRID_RIGHT, 0, true);
	synergy_grid_row(grid, NULL);
	synergy_grid_cell(grid, "a_long_layer_name");
	synergy_grid_cell(grid, "12");
	synergy_grid_cell(grid, "100 M");
	synergy_grid_row(grid, "1");
	synergy_grid_cell(grid, "\xc3\xa4\033[2J");
	synergy_grid_cell(grid, "3");
	return grid;
}

static void check_grid(int columns, int hidden, const char *expected)
{
	struct synergy_terminal terminal = { .columns = columns };
	struct synergy_grid *grid = make_grid();
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int left_out = -1;

	CHECK_EQ(synergy_grid_print(grid, &terminal, &left_out, out), 0);
	fclose(out);
	CHECK_EQ(left_out, hidden);
	CHECK_STR(text, expected);
	free(text);
	synergy_grid_free(grid);
}

TEST(grid)
{
	char bar[64];

	check_grid(0, 0,
		   "name               value   more\n"
		   "-------------------------------\n"
		   "a_long_layer_name     12  100 M\n"
		   "\xc3\xa4?[2J                  3\n");
	check_grid(20, 0,
		   "name    value   more\n"
		   "--------------------\n"
		   "a_lon~     12  100 M\n"
		   "\xc3\xa4?[2J       3\n");
	check_grid(14, 1,
		   "name     value\n"
		   "--------------\n"
		   "a_long~     12\n"
		   "\xc3\xa4?[2J        3\n");
	CHECK_EQ(synergy_text_width("\xc3\xa4" "b"), 2);
	CHECK_STR(synergy_text_bar(0.5, 4, false, bar, sizeof(bar)), "##");
	CHECK_STR(synergy_text_bar(2, 3, false, bar, sizeof(bar)), "###");
	CHECK_STR(synergy_text_bar(NAN, 3, false, bar, sizeof(bar)), "");
	CHECK_STR(synergy_text_bar(0.375, 1, true, bar, sizeof(bar)), "\u258d");
}

static void add(struct synergy_layers *t, const char *op, int64_t group, int64_t channels,
		double uj, double ci)
{
	struct synergy_layers_row *row = synergy_layers_add(t, "n", t->n_rows, "l", op, 100);

	row->features.group = group;
	row->features.channels_in = channels;
	row->time_us = 10;
	row->energy_uj = uj;
	row->energy_ci95_uj = ci;
}

TEST(types)
{
	struct synergy_type_total totals[SYNERGY_TYPES_MAX], total;
	struct synergy_layers *t = synergy_layers_new(0, NULL, 0, NULL, NULL);
	size_t n;

	add(t, "Conv", 1, 3, 100, 3);
	add(t, "Conv", 32, 32, 50, 1);
	add(t, "Conv", 2, 32, 200, 4);
	add(t, "Gemm", 1, 1, 20, 1);
	add(t, "Nonsense", 1, 1, NAN, NAN);
	add(t, SYNERGY_LAYERS_BETWEEN, -1, -1, 5, 1);
	CHECK_STR(synergy_layer_type(&t->rows[0]), "conv");
	CHECK_STR(synergy_layer_type(&t->rows[1]), "depthwise");
	CHECK_STR(synergy_layer_type(&t->rows[2]), "conv");
	CHECK_STR(synergy_layer_type(&t->rows[4]), "other");
	CHECK_STR(synergy_layer_type(&t->rows[5]), "between");
	n = synergy_type_totals(t, totals);
	CHECK_EQ(n, 5);
	CHECK_STR(totals[0].type, "conv");
	CHECK_NEAR(totals[0].energy_uj, 300, 0);
	CHECK_NEAR(totals[0].ci95_uj, 5, 1e-12);
	CHECK_EQ(totals[0].layers, 2);
	CHECK_EQ(totals[1].layers, 1);
	CHECK_STR(totals[4].type, "other");
	CHECK(isnan(totals[4].energy_uj));
	synergy_table_total(t, &total);
	CHECK_NEAR(total.energy_uj, 375, 1e-9);
	CHECK_NEAR(total.time_us, 60, 1e-9);
	CHECK_EQ(total.layers, 5);
	synergy_layers_free(t);
}

/* A ramp from 0 to 4 W in a second, 40,000 samples: thinned, and its energy 2 J. */
TEST(trace)
{
	struct {
		struct synergy_power_record head;
		struct synergy_power_channel c[1];
	} r = { .head.hdr = { .size = sizeof(r), .type = SYNERGY_RECORD_POWER },
		.head.n_channels = 1 };
	struct synergy_trace trace;
	uint64_t n = 0;
	double sum = 0;
	int i;

	synergy_trace_begin(&trace);
	trace.period_ns = 25000;
	for (i = 0; i <= 40000; i++) {
		r.c[0].rail = 1;
		r.c[0].power_uw = i * 100;
		r.c[0].window_begin_ns = 1000000000ULL + i * 25000ULL;
		r.c[0].window_end_ns = r.c[0].window_begin_ns + 20000;
		CHECK_EQ(synergy_trace_record(&trace, &r.head.hdr), 0);
	}
	CHECK_EQ(trace.n_rails, 2);
	CHECK_EQ(trace.rails[0].samples, 0);
	CHECK_EQ(trace.rails[1].samples, 40001);
	CHECK_NEAR(trace.rails[1].energy_uj, 2e6, 1);
	CHECK_NEAR(trace.rails[1].max_mw, 4000, 0);
	for (i = 0; i < (int)trace.rails[1].n_buckets; i++) {
		n += trace.rails[1].buckets[i].n;
		sum += trace.rails[1].buckets[i].sum_mw;
	}
	CHECK_EQ(n, 40001);
	CHECK_NEAR(sum / n, 2000, 1e-6);
	CHECK_GE(trace.bucket_ns * SYNERGY_TRACE_BUCKETS, 1000000000ULL);
	CHECK_LT(trace.bucket_ns * SYNERGY_TRACE_BUCKETS, 2100000000ULL);

	/* a gap is shown, not bridged */
	r.c[0].window_begin_ns += 500000000;
	r.c[0].window_end_ns += 500000000;
	synergy_trace_record(&trace, &r.head.hdr);
	CHECK_EQ(trace.rails[1].gaps, 1);
	CHECK_NEAR(trace.rails[1].energy_uj, 2e6, 1);
	r.c[0].rail = 1U << 31;
	CHECK_EQ(synergy_trace_record(&trace, &r.head.hdr), -1);
	synergy_trace_end(&trace);
}

/* A label that fills its field to the end, and another record behind it. */
TEST(record_label)
{
	struct {
		struct synergy_info_record head;
		struct synergy_rail rail;
		char behind[16];
	} r = { .head.hdr = { .size = sizeof(r.head) + sizeof(r.rail),
			      .type = SYNERGY_RECORD_INFO, .seq = 1 },
		.head.kind = SYNERGY_INFO_RAIL, .behind = "behind" };
	struct synergy_stream *stream;
	char *text = NULL, *expected;
	struct synergy_error error;
	struct synergy_recording *w;
	size_t bytes;
	int fd;
	FILE *out;

	fd = memfd_create("recording", MFD_CLOEXEC);
	w = synergy_recording_create_fd(fd, "recording", &error);
	CHECK(w && !synergy_recording_close(w, &error) && !lseek(fd, 0, SEEK_SET));
	stream = synergy_stream_open_fd(fd, "recording", &error);
	memset(r.rail.label, 'L', sizeof(r.rail.label));
	out = open_memstream(&text, &bytes);
	synergy_record_print(stream, &r.head.hdr, out);
	fclose(out);
	expected = strstr(text, "label=");
	CHECK(expected && strspn(expected + 6, "L") == SYNERGY_LABEL_LEN);
	CHECK(expected && !strcmp(expected + 6 + SYNERGY_LABEL_LEN, "\n"));
	free(text);
	synergy_stream_close(stream);
}

/* A rail whose index no session's mask has a bit for. */
TEST(far_rail)
{
	struct {
		struct synergy_info_record head;
		struct synergy_rail rail;
	} r = { .head.hdr = { .size = sizeof(r), .type = SYNERGY_RECORD_INFO, .seq = 1 },
		.head.kind = SYNERGY_INFO_RAIL,
		.rail = { .size = sizeof(r.rail), .index = SYNERGY_MAX_RAILS + 3,
			  .label = "FAR", .shunt_uohm = 10000 } };
	int fd = memfd_create("recording", MFD_CLOEXEC);
	const struct synergy_record *record;
	struct synergy_layers *table;
	struct synergy_stream *stream;
	struct synergy_recording *w;
	struct synergy_error error;
	const char *said;

	w = synergy_recording_create_fd(fd, "recording", &error);
	CHECK(w && !synergy_recording_write(w, &r, sizeof(r), &error));
	CHECK(!synergy_recording_close(w, &error) && !lseek(fd, 0, SEEK_SET));
	stream = synergy_stream_open_fd(fd, "recording", &error);
	CHECK_EQ(synergy_stream_next(stream, &record, 0, &error), 1);
	table = synergy_layers_new(0, NULL, 0, NULL, &error);
	synergy_provenance_set(table, stream);
	said = synergy_layers_meta(table, "rail FAR");
	CHECK(said && strstr(said, "10 mOhm, not sampled"));
	/* Those before it were never reported. */
	CHECK(!synergy_layers_meta(table, "rail "));
	synergy_layers_free(table);
	synergy_stream_close(stream);
}

/* Names and values out of a recording may not command the terminal. */
TEST(tame)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	synergy_text_put("a\033[2Jb\x7f\r\u00e9", out);
	fclose(out);
	CHECK_STR(text, "a?[2Jb??\u00e9");
	free(text);
}
