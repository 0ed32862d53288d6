// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layers table: what is written reads back the same; what is not a layers
 * table is refused with file, line, column and value; JSON is strict.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"
#include "layers/layers.h"
#include "tests/framework/test.h"

#define HEADER "network,index,layer,op,mac,time_us,energy_uj,energy_ci95_uj,power_mw,samples,resolved"
#define FEATURES "params,bytes_in,bytes_out,kernel_h,kernel_w,stride_h,stride_w,group," \
	"channels_in,channels_out,method"

static struct synergy_layers *make_table(void)
{
	static const char *const rails[] = { "VDD_IN", "VDD_CPU" };
	static const char *const events[] = { "ASE_SPEC", "synergy_sim_pmu/bus_access,u/" };
	struct synergy_layers *t = synergy_layers_new(2, rails, 2, events, NULL);
	struct synergy_layers_row *r;

	synergy_layers_set_meta(t, "host", "board \"1\"\nline");
	synergy_layers_set_meta(t, "rail VDD_CPU", "chip 0 channel 1, shunt 10 mOhm");
	r = synergy_layers_add(t, "alex,net", 0, "conv\"1\"", "Conv", 105415200);
	r->time_us = 40123.4567;
	r->energy_uj = 123456.789;
	r->energy_ci95_uj = 99.5;
	r->power_mw = 3076.9;
	r->samples = 200.25;
	r->resolved = 1;
	r->rail_uj[1] = 123456.789;
	r->events[0] = 2.5e7 + 1;
	r->features.params = 34944;
	r->features.kernel_h = 11;
	strcpy(r->features.method, "im2col");
	synergy_layers_add(t, "alex,net", 1, "(between)", SYNERGY_LAYERS_BETWEEN, 0);
	return t;
}

static char *written(int (*write)(const struct synergy_layers *, FILE *),
		     const struct synergy_layers *t, size_t *n)
{
	char *text;
	FILE *f = open_memstream(&text, n);

	CHECK(!write(t, f));
	fclose(f);
	return text;
}

TEST(round_trip)
{
	struct synergy_layers *t = make_table(), *u = NULL;
	struct synergy_error err = { "" };
	char *text, *again;
	size_t n, m;

	text = written(synergy_layers_write_csv, t, &n);
	CHECK(!synergy_layers_parse_csv(text, n, "x.csv", &u, &err));
	if (!u) {
		printf("%s\n", err.message);
		return;
	}
	again = written(synergy_layers_write_csv, u, &m);
	CHECK(n == m && !memcmp(text, again, n));
	CHECK_EQ(u->n_rows, 2);
	CHECK_EQ(u->n_rails, 2);
	CHECK_EQ(u->n_events, 2);
	CHECK(!strcmp(u->rows[0].layer, "conv\"1\""));
	CHECK(isnan(u->rows[0].rail_uj[0]) && u->rows[0].rail_uj[1] == 123456.789);
	CHECK_EQ(u->rows[0].features.kernel_h, 11);
	CHECK_EQ(u->rows[0].features.kernel_w, -1);
	CHECK(!strcmp(u->rows[0].features.method, "im2col"));
	CHECK(u->rows[1].resolved == -1 && !synergy_layers_is_layer(&u->rows[1]));
	CHECK(!strcmp(synergy_layers_meta(u, "host"), "board \"1\" line"));
	CHECK_STR(synergy_layers_meta(u, "rail VDD_CPU"), "chip 0 channel 1, shunt 10 mOhm");
	free(text);
	free(again);
	synergy_layers_free(t);
	synergy_layers_free(u);
}

static double member(const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	return json_is_number(j) ? json_number_value(j) : NAN;
}

static json_t *written_json(const struct synergy_layers *t)
{
	struct synergy_error err = { "" };
	size_t n;
	char *text = written(synergy_layers_write_json, t, &n);
	json_t *j = synergy_json_parse(text, n, "x.json", &err);

	CHECK(j != NULL);
	CHECK_STR(err.message, "");
	free(text);
	return j;
}

TEST(json)
{
	struct synergy_layers *t = make_table();
	json_t *j = written_json(t), *rows = json_object_get(j, "layers"), *row;

	CHECK_STR(json_string_value(json_object_get(j, "format")), "synergy-layers 2");
	CHECK_EQ(json_array_size(rows), 1);
	row = json_array_get(rows, 0);
	CHECK_NEAR(member(row, "mac"), 105415200, 0);
	CHECK_NEAR(member(row, "energy_uj"), 123456.789, 0);
	CHECK_STR(json_string_value(json_object_get(row, "layer")), "conv\"1\"");
	CHECK_NEAR(member(json_object_get(json_object_get(row, "rails"), "VDD_CPU"), "energy_uj"),
		   123456.789, 0);
	CHECK(json_is_null(json_object_get(json_object_get(j, "between"), "energy_uj")));
	CHECK(json_is_null(json_object_get(j, "unattributed")));
	CHECK(json_is_null(json_object_get(j, "total")));
	json_decref(j);
	synergy_layers_free(t);
}

/* Numbers are numbers, also in provenance, and what is no layer is none of them. */
TEST(json_numbers)
{
	struct synergy_layers *t = make_table();
	struct synergy_layers_row *r;
	const json_t *p;
	json_t *j;

	synergy_layers_set_figure(t, "total_uj", 1315053.91, 12000);
	synergy_layers_set_number(t, "runs_measured", 15, 3);
	synergy_layers_set_number(t, "noise_uw", 4, NAN);
	synergy_layers_set_meta(t, "kernel", "6.1");
	r = synergy_layers_add(t, "alex,net", 2, "(unattributed)", SYNERGY_LAYERS_UNATTRIBUTED, 0);
	r->energy_uj = 17;
	synergy_layers_make_total(t)->time_us = 5000.5;
	j = written_json(t);
	p = json_object_get(j, "provenance");
	CHECK_NEAR(member(p, "total_uj"), 1315053.91, 0);
	CHECK_NEAR(member(p, "total_ci95_uj"), 12000, 0);
	CHECK_NEAR(member(p, "runs_measured"), 3, 0);
	CHECK(!json_object_get(p, "noise_uw"));
	CHECK(json_is_string(json_object_get(p, "kernel")));
	CHECK_NEAR(member(json_object_get(j, "unattributed"), "energy_uj"), 17, 0);
	CHECK_NEAR(member(json_object_get(j, "total"), "time_us"), 5000.5, 0);
	CHECK_NEAR(member(json_object_get(j, "total"), "mac"), 105415200, 0);
	CHECK_EQ(json_array_size(json_object_get(j, "layers")), 1);
	json_decref(j);
	/* A text in its place is no number any more. */
	synergy_layers_set_meta(t, "total_uj", "unknown");
	j = written_json(t);
	CHECK(json_is_string(json_object_get(json_object_get(j, "provenance"), "total_uj")));
	json_decref(j);
	synergy_layers_free(t);
}

/* Names from a recording may be anything; the text is UTF-8 all the same. */
TEST(json_text)
{
	static const char *const rails[] = { "A\xff" }, *const events[] = { "\xc3\xa9" };
	struct synergy_layers *t = synergy_layers_new(1, rails, 1, events, NULL);
	json_t *j;

	synergy_layers_add(t, "n", 0, "\"\xc3\xa9\xff\xe2\x82\xf0\x9f\x98\x80", "Conv", 1)
		->rail_uj[0] = 3;
	j = written_json(t);
	CHECK_STR(json_string_value(json_object_get(json_array_get(json_object_get(j, "layers"), 0),
						    "layer")),
		  "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
	CHECK_STR(json_string_value(json_array_get(json_object_get(j, "rails"), 0)),
		  "A\xef\xbf\xbd");
	json_decref(j);
	synergy_layers_free(t);
}

TEST(static)
{
	static const char other[] = "index,layer,op,mac,odd\n3,a,Conv,7,x\n";
	static const char *const rails[] = { "A" };
	struct synergy_layers *t = make_table(), *u = NULL;
	struct synergy_error err;
	char *text;
	size_t n;

	text = written(synergy_layers_write_static, t, &n);
	CHECK(!synergy_layers_parse_static(text, n, "rec", "net", 1, rails, 0, NULL, &u, &err));
	CHECK(u && u->n_rows == 1 && u->rows[0].mac == 105415200 && u->rows[0].resolved == -1);
	CHECK(u && u->rows[0].features.params == 34944 && !strcmp(u->rows[0].network, "net"));
	synergy_layers_free(u);
	CHECK(!synergy_layers_parse_static(other, strlen(other), "rec", "net", 0, NULL, 0, NULL,
					   &u, &err));
	CHECK(u && u->n_rows == 1 && u->rows[0].index == 3);
	free(text);
	synergy_layers_free(t);
	synergy_layers_free(u);
}

TEST(append)
{
	static const char *const rails[] = { "VDD_CPU", "VDD_GPU" }, *const events[] = { "CYCLES" };
	struct synergy_layers *a = make_table();
	struct synergy_layers *b = synergy_layers_new(2, rails, 1, events, NULL);
	struct synergy_layers_row *r = synergy_layers_add(b, "n", 5, "p", "MaxPool", 0);

	r->rail_uj[0] = 7;
	r->rail_uj[1] = 8;
	r->events[0] = 9;
	CHECK(!synergy_layers_append(a, b, NULL));
	CHECK_EQ(a->n_rows, 3);
	CHECK_EQ(a->n_rails, 3);
	CHECK_EQ(a->n_events, 3);
	CHECK_EQ(a->rows[2].rail_uj[1], 7);
	CHECK_EQ(a->rows[2].rail_uj[2], 8);
	CHECK_EQ(a->rows[2].events[2], 9);
	CHECK(isnan(a->rows[2].rail_uj[0]) && isnan(a->rows[0].rail_uj[2]));
	synergy_layers_free(a);
	synergy_layers_free(b);
}

/* Each bad file and a piece of the message that must name what is wrong. */
static const struct {
	const char *text, *message;
} bad_files[] = {
	{ "", "no header" },
	{ "# a: b\n", "no header" },
	{ "network,index\n", "column 'layer' must follow" },
	{ "network,index,layer,op,macs,time_us,energy_uj,energy_ci95_uj,power_mw,samples,resolved\n",
	  "column 5 must be 'mac'" },
	{ HEADER ",params\n", "'bytes_in' must follow" },
	{ HEADER "," FEATURES ",more\n", "may follow 'method'" },
	{ HEADER ",e,e\n", "named twice" },
	{ HEADER ",A_uj,e,B_uj\n", "ending in _uj" },
	{ HEADER "\nn,0,a,Conv,1,1,1,1,1,1\n", "x.csv:2: 10 fields where the header has 11" },
	{ HEADER "\nn,0,a,Conv,1,1,1,1,1,1,2\n", "column resolved: value '2': greater than 1" },
	{ HEADER "\nn,0,a,Conv,-1,,,,,,\n", "column mac: value '-1'" },
	{ HEADER "\nn,0,a,Conv,99999999999999999999,,,,,,\n", "greater than" },
	{ HEADER "\nn,x,a,Conv,1,,,,,,\n", "x.csv:2: column index: value 'x': not a whole" },
	{ HEADER "\nn,0,,Conv,1,,,,,,\n", "without a name" },
	{ HEADER "\n,0,a,Conv,1,,,,,,\n", "without a network" },
	{ HEADER "\nn,0,a,Conv,1,nan,,,,,\n", "column time_us: value 'nan'" },
	{ HEADER "\nn,0,a,Conv,1,-3,,,,,\n", "less than 0" },
	{ HEADER "\nn,0,a,Conv,1,1e999,,,,,\n", "not a finite" },
	{ HEADER "\nn,0,a,Conv,1,0x10,,,,,\n", "not a number" },
	{ HEADER "\nn,0,a,Conv,1,,,,,,\nn,0,b,Conv,1,,,,,,\n", "twice" },
	{ HEADER "\n\"n,0,a,Conv,1,,,,,,\n", "without an end" },
	{ HEADER "\n\"n\"x,0,a,Conv,1,,,,,,\n", "after a closing quote" },
	{ HEADER "\nn\"n,0,a,Conv,1,,,,,,\n", "not quoted" },
	{ "# format: synergy-layers 9\n" HEADER "\n", "knows 'synergy-layers 1'" },
};

TEST(bad)
{
	struct synergy_layers *t;
	struct synergy_error err;
	size_t i;

	for (i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		err.message[0] = '\0';
		errno = 0;
		CHECK_EQ(synergy_layers_parse_csv(bad_files[i].text, strlen(bad_files[i].text), "x.csv", &t, &err),
			 -1);
		CHECK(errno == EINVAL && !t);
		if (!strstr(err.message, bad_files[i].message) || strncmp(err.message, "x.csv", 5))
			printf("case %zu: '%s'\n", i, err.message);
		CHECK(strstr(err.message, bad_files[i].message) != NULL);
	}
	CHECK_FAILS(synergy_layers_parse_csv("a\0b", 3, "x.csv", &t, &err), EINVAL);
	CHECK_FAILS(synergy_layers_read_csv("/nonexistent/x.csv", &t, &err), ENOENT);
	CHECK_FAILS(synergy_layers_read_csv("/", &t, &err), EISDIR);
}

/* More columns than a table has, but no more than the CSV reader gives. */
TEST(many_columns)
{
	static const char *const suffixes[] = { "_uj", "" };
	struct synergy_layers *t;
	struct synergy_error err;
	char text[4096];
	size_t used, i, k;

	for (k = 0; k < 2; k++) {
		used = (size_t)snprintf(text, sizeof(text), HEADER);
		for (i = 0; i < 289; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, ",c%zu%s", i,
						 suffixes[k]);
		CHECK_EQ(synergy_layers_parse_csv(text, used, "x.csv", &t, &err), -1);
		CHECK(errno == EFBIG && !t);
		CHECK_HAS(err.message, "x.csv:1: ");
		CHECK_HAS(err.message, "256 columns");
	}
}

TEST(bad_json)
{
	static const char *const bad[] = {
		"", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "1.", "-", "1e", "\"\\x\"", "\"\\ud800\"",
		"tru", "[1 2]", "{a:1}", "1 2", "\"a\nb\"", "[[[[[",
		"1e999", "nan", "'a'", "\"\xff\"", "\"\xc3\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
		"\"\xe0\x80\x80\"", "\"\xf4\x90\x80\x80\"",
	};
	static const char good[] = "[-1.5e-3, 12345678901234567890123, \"\\u00e9\\ud83d\\ude00\"]";
	struct synergy_error err;
	size_t i;
	json_t *j;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.message[0] = '\0';
		CHECK(!synergy_json_parse(bad[i], strlen(bad[i]), "j", &err) && errno == EINVAL);
		if (!CHECK(!strncmp(err.message, "j:1: ", 5) || !strncmp(err.message, "j:2: ", 5)))
			printf("%s: %s\n", bad[i], err.message);
	}
	j = synergy_json_parse(good, strlen(good), "j", &err);
	CHECK_NEAR(json_number_value(json_array_get(j, 0)), -1.5e-3, 0);
	CHECK_NEAR(json_number_value(json_array_get(j, 1)), 12345678901234567890123., 0);
	CHECK_STR(json_string_value(json_array_get(j, 2)), "\xc3\xa9\xf0\x9f\x98\x80");
	json_decref(j);
	CHECK(!synergy_json_read("/nonexistent/x.json", 100, &err) && errno == ENOENT);
}

TEST(bad_names)
{
	static const char *const reserved[] = { "mac" }, *const rail_like[] = { "x_uj" };
	static const char *const empty[] = { "" };
	struct synergy_error err;

	CHECK(!synergy_layers_new(0, NULL, 1, reserved, &err) && errno == EINVAL);
	CHECK(!synergy_layers_new(0, NULL, 1, rail_like, &err) && errno == EINVAL);
	CHECK(!synergy_layers_new(1, empty, 0, NULL, &err) && errno == EINVAL);
}
