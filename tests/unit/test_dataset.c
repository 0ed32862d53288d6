// SPDX-License-Identifier: GPL-2.0-only
/*
 * From layers.csv files to sums per network: what is not known is not taken for
 * nothing, energy that no sample could place stays in the whole, and names are names
 * whatever their length.
 */
#include <stdlib.h>
#include <unistd.h>

#include "fit/dataset.h"
#include "tests/framework/test.h"

#define HEADER	"network,index,layer,op,mac,time_us,energy_uj,energy_ci95_uj,power_mw,samples,"	\
		"resolved,VDD_CPU_uj,ASE_SPEC,params,bytes_in,bytes_out,kernel_h,kernel_w,"	\
		"stride_h,stride_w,group,channels_in,channels_out,method\n"
#define CONV(net, index, energy, simd)							\
	net "," #index ",c" #index ",Conv,1000,10," energy ",1,100,5,1," energy "," simd	\
	",9,400,400,3,3,1,1,1,10,10,im2col\n"
#define BESIDE(net, op, energy)								\
	net ",9," op "," op ",0,1," energy ",,,,," energy ",,,,,,,,,,,,\n"

static int add(struct synergy_dataset *d, const char *rows)
{
	static const struct synergy_dataset_options none;
	char path[] = "/tmp/synergy-dataset-XXXXXX";
	struct synergy_error err = { "" };
	int fd = mkstemp(path), result;
	FILE *out = fdopen(fd, "w");

	if (!CHECK(out != NULL))
		return -1;
	fprintf(out, "# format: synergy-layers 1\n" HEADER "%s", rows);
	fclose(out);
	result = synergy_dataset_add(d, path, &none, &err);
	if (!CHECK(!result))
		fprintf(stderr, "%s\n", err.message);
	unlink(path);
	return result;
}

/* A count that is missing in the middle: the sum is unknown, not the sum of the rest. */
TEST(unknown_count)
{
	struct synergy_dataset d = { 0 };
	struct synergy_error err;

	add(&d, CONV("a", 0, "5", "250") CONV("a", 1, "6", "") CONV("a", 2, "7", "270")
	    CONV("b", 0, "5", "250") CONV("b", 1, "6", "260"));
	CHECK(!synergy_dataset_finish(&d, &err) && d.n_networks == 2);
	CHECK(isnan(d.networks[0].all[SYNERGY_F_SIMD]) && isnan(d.networks[0].conv[SYNERGY_F_SIMD]));
	CHECK_NEAR(d.networks[0].all[SYNERGY_F_MAC], 3000, 0);
	CHECK_NEAR(d.networks[1].all[SYNERGY_F_SIMD], 510, 0);
	CHECK_NEAR(d.networks[1].conv[SYNERGY_F_SIMD], 510, 0);
	synergy_dataset_free(&d);
}

/* A layer without energy: it is in the row (unattributed), and in no layer's sum. */
TEST(unsampled)
{
	struct synergy_dataset d = { 0 };
	struct synergy_error err;

	add(&d, CONV("a", 0, "5", "250") CONV("a", 1, "", "260") BESIDE("a", "(between)", "2")
	    BESIDE("a", "(unattributed)", "3"));
	add(&d, CONV("b", 0, "5", "250") BESIDE("b", "(between)", "2")
	    BESIDE("b", "(unattributed)", ""));
	CHECK(!synergy_dataset_finish(&d, &err) && d.n_networks == 2);
	CHECK_EQ(d.networks[0].unsampled, 1);
	CHECK_NEAR(d.networks[0].energy_uj, 10, 0);
	CHECK_NEAR(d.networks[0].conv_energy_uj, 5, 0);
	CHECK_NEAR(d.networks[0].conv[SYNERGY_F_SIMD], 250, 0);
	CHECK_NEAR(d.networks[0].all[SYNERGY_F_SIMD], 510, 0);
	CHECK_NEAR(d.networks[1].between_uj, 2, 0);
	CHECK_NEAR(d.networks[1].energy_uj, 7, 0);
	synergy_dataset_free(&d);
}

/* Two networks whose names differ behind the 90th letter; one of them in two files. */
TEST(long_names)
{
#define LONG	"exported_network_with_a_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_as_exporters_like_it"
	struct synergy_dataset d = { 0 };
	struct synergy_error err;

	add(&d, CONV(LONG "1", 0, "5", "250") CONV(LONG "1", 1, "6", "260") CONV(LONG "2", 0, "8", "1"));
	add(&d, CONV(LONG "1", 0, "7", "250") CONV(LONG "1", 1, "8", "260"));
	CHECK(!synergy_dataset_finish(&d, &err));
	if (CHECK(d.n_networks == 2)) {
		CHECK_STR(d.networks[0].name, LONG "1");
		CHECK_EQ(d.networks[0].files, 2);
		CHECK_EQ(d.networks[0].layers, 4);
		CHECK_NEAR(d.networks[0].energy_uj, 13, 1e-12);
		CHECK_NEAR(d.networks[1].energy_uj, 8, 0);
	}
	synergy_dataset_free(&d);
#undef LONG
}
