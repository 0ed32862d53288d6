// SPDX-License-Identifier: GPL-2.0-only
/*
 * From layers to models to predictions, on the zoo's networks with energies made up
 * by a law: the law comes back, networks left out are predicted (MobileNet, whose
 * depthwise layers no other network has, too), the model survives its file, and a
 * layer beyond the fitted range is reported.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_errno.h>

#include "layers/layers.h"
#include "fit/dataset.h"
#include "fit/predict.h"
#include "fit/regress.h"
#include "model/graph.h"
#include "tests/framework/test.h"

static const char *const networks[] = {
	"alexnet", "squeezenet", "googlenet", "vgg_cnn_s", "mobilenet", "all_cnn_c", "resnet50",
};

#define N_NETWORKS	(sizeof(networks) / sizeof(networks[0]))
#define UJ_PER_SIMD	0.0032
#define UJ_PER_BUS	0.033

static uint64_t seed = 42;

/* Made once, of all networks; @last is the last network's table. */
static struct synergy_dataset dataset;
static struct synergy_regression regression;
static struct synergy_layers *last;

static double noise(double sd)
{
	double sum = 0;
	int i;

	for (i = 0; i < 12; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		sum += (double)(seed >> 11) / 9007199254740992.0;
	}
	return 1 + sd * (sum - 6);
}

static struct synergy_layers *load(const char *name)
{
	const char *zoo = getenv("SYNERGY_ZOO");
	static const char *const rails[] = { "VDD_CPU" };
	static const char *const events[] = { "ASE_SPEC", "BUS_ACCESS" };
	struct synergy_graph_options o = { .skip_weights = true };
	struct synergy_layers *t = NULL;
	struct synergy_graph *g;
	struct synergy_error err;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.prototxt", zoo ? zoo : "scripts/zoo", name);
	if (synergy_graph_load(path, &o, &g, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return NULL;
	}
	CHECK(!synergy_layers_from_graph(g, name, 1, rails, 2, events, &t, &err));
	synergy_graph_free(g);
	return t;
}

/* Counts from shapes, energy from counts and time, measured with 1 % of noise. */
static void measure(struct synergy_layers *t)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		struct synergy_layers_row *r = &t->rows[i];
		double f[SYNERGY_FEATURE_COUNT], simd, bus;

		synergy_layer_features_of(r, f);
		simd = 0.25 * (double)r->mac + f[SYNERGY_F_BYTES] / 16;
		bus = 0.004 * (double)r->mac + f[SYNERGY_F_BYTES] / 64 + f[SYNERGY_F_PARAMS] / 16;
		r->time_us = (double)r->mac / 2500 + f[SYNERGY_F_BYTES] / 2000 + 2;
		r->events[0] = simd;
		r->events[1] = bus * noise(0.05);
		r->energy_uj = (UJ_PER_SIMD * simd + UJ_PER_BUS * r->events[1] + 0.2 * r->time_us) *
			       noise(0.01);
		r->energy_ci95_uj = 0.02 * r->energy_uj;
		r->rail_uj[0] = r->energy_uj;
		r->resolved = 1;
	}
}

static char *write_csv(const struct synergy_layers *t)
{
	char *path = strdup("/tmp/synergy-regress-XXXXXX");
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	CHECK(out && !synergy_layers_write_csv(t, out));
	fclose(out);
	return path;
}

TEST(law)
{
	const struct synergy_model *m = &regression.model;
	const struct synergy_model_part *law = synergy_model_find(m, "layer", "law");

	if (!CHECK(law != NULL))
		return;
	CHECK_EQ(law->p, 3);
	CHECK_EQ(law->column[0], SYNERGY_F_BUS);
	CHECK_NEAR(law->coef[0] / UJ_PER_BUS, 1, 0.03);
	CHECK_NEAR(law->coef[1] / UJ_PER_SIMD, 1, 0.03);
	CHECK_NEAR(law->coef[2], 0.2, 0.05);
	CHECK_GT(law->r2, 0.999);
}

TEST(left_out)
{
	const struct synergy_regression *r = &regression;
	const struct synergy_dataset *d = &dataset;
	size_t i;

	printf("layer types, networks left out: %.2f +- %.2f %% (%zu)\n",
	       100 * r->model.layertype_loo_mean, 100 * r->model.layertype_loo_sd,
	       r->model.layertype_loo_n);
	CHECK_EQ(r->model.layertype_loo_n, N_NETWORKS);
	CHECK_LT(r->model.layertype_loo_mean, 0.05);
	for (i = 0; i < d->n_networks; i++) {
		CHECK_NEAR(r->left_out[i].layertype / d->networks[i].energy_uj, 1, 0.15);
		CHECK_GT(r->left_out[i].conv_mac, 0);
		CHECK_GT(r->left_out[i].counters_plus, 0);
	}
}

TEST(file)
{
	const struct synergy_model *m = &regression.model;
	struct synergy_layers *t = last;
	char path[] = "/tmp/synergy-model-XXXXXX", text[256];
	FILE *out = fdopen(mkstemp(path), "w");
	struct synergy_prediction a, b;
	struct synergy_model *again;
	struct synergy_error err;

	CHECK(out && !synergy_model_write(m, out));
	fclose(out);
	if (!CHECK(!synergy_model_read(path, &again, &err))) {
		fprintf(stderr, "%s\n", err.message);
		return;
	}
	CHECK(!synergy_predict(m, t, &a, &err) && !synergy_predict(again, t, &b, &err));
	CHECK_NEAR(a.total_uj, b.total_uj, 1e-9 * a.total_uj);
	CHECK_NEAR(a.total_ci95_uj, b.total_ci95_uj, 1e-9 * a.total_uj);
	CHECK_EQ(a.n_missing, 0);
	CHECK_GT(a.total_ci95_uj, 0);
	CHECK_LT(a.total_ci95_uj, 0.5 * a.total_uj);
	synergy_prediction_free(&a);
	t->rows[0].mac *= 100;
	CHECK(!synergy_predict(again, t, &a, &err));
	CHECK(a.layers[0].outside && a.n_outside >= 1);
	CHECK_EQ(synergy_prediction_remark(&a, t, 0, text, sizeof(text)), 1);
	CHECK_HAS(text, t->rows[0].layer);
	CHECK_HAS(text, "mac");
	t->rows[0].mac /= 100;
	synergy_prediction_free(&a);
	synergy_prediction_free(&b);
	free(again);
	unlink(path);
}

/* A name is a file's own text: quotes and control characters come back as they were. */
TEST(names)
{
	const struct synergy_model *m = &regression.model;
	char path[] = "/tmp/synergy-model-XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");
	struct synergy_model *named = malloc(sizeof(*named)), *again = NULL;
	struct synergy_error err = { "" };

	*named = *m;
	strcpy(named->parts[0].name, "co\n\"u\\nt");
	strcpy(named->parts[0].scope, "all");
	CHECK(out && !synergy_model_write(named, out));
	fclose(out);
	if (!CHECK(!synergy_model_read(path, &again, &err)))
		fprintf(stderr, "%s\n", err.message);
	else
		CHECK_STR(again->parts[0].name, named->parts[0].name);
	free(again);
	free(named);
	unlink(path);
}

static struct synergy_model_part *part_of(struct synergy_model *m, const char *type)
{
	return (struct synergy_model_part *)synergy_model_find(m, "type", type);
}

/*
 * A type that was not in the fit: the nearest type's model serves, and one remark
 * says so for all its layers; what computes nothing takes nothing, without a remark.
 */
TEST(missing_types)
{
	struct synergy_model *m = malloc(sizeof(*m));
	struct synergy_layers *t = load("alexnet");
	struct synergy_prediction p;
	char text[256], other[256];
	struct synergy_error err;
	size_t i;

	if (!CHECK(m && t))
		return;
	*m = regression.model;
	strcpy(part_of(m, "activation")->scope, "gone");
	if (part_of(m, "none"))
		strcpy(part_of(m, "none")->scope, "gone");
	CHECK(!synergy_predict(m, t, &p, &err));
	CHECK_GT(p.n_fallback, 1);
	CHECK_EQ(p.n_missing, 0);
	for (i = 0; i < p.n; i++)
		if (p.layers[i].type == SYNERGY_TYPE_NONE)
			CHECK(p.layers[i].energy_uj == 0 && p.layers[i].ci95_uj == 0);
	CHECK_EQ(synergy_prediction_remark(&p, t, 0, text, sizeof(text)), 1);
	snprintf(other, sizeof(other), " and %zu more (activation)", p.n_fallback - 1);
	if (!CHECK(strstr(text, other) && strstr(text, "none of this type was in the fit")))
		fprintf(stderr, "%s\n", text);
	for (i = 1; synergy_prediction_remark(&p, t, i, text, sizeof(text)); i++)
		CHECK(strstr(text, "outside the fit"));
	CHECK_LT(i, 11);
	synergy_prediction_free(&p);
	synergy_layers_free(t);
	free(m);
}

/* The sum of two types' intervals against Welch and Satterthwaite done by hand. */
TEST(total_interval)
{
	static const struct synergy_model_part parts[2] = {
		{ .name = "conv", .scope = "type", .p = 1, .column = { SYNERGY_F_MAC },
		  .coef = { 0.001 }, .cov = { 1e-8 }, .high = { 1e9 }, .n = 4 },
		{ .name = "fc", .scope = "type", .p = 1, .column = { SYNERGY_F_MAC },
		  .coef = { 0.002 }, .cov = { 4e-8 }, .high = { 1e9 }, .n = 11,
		  .sigma_relative = 0.05 },
	};
	struct synergy_model m = { .n_parts = 2, .layertype_loo_rms = NAN };
	struct synergy_layers *t = synergy_layers_new(0, NULL, 0, NULL, NULL);
	struct synergy_prediction p;
	struct synergy_error err;

	memcpy(m.parts, parts, sizeof(parts));
	synergy_layers_add(t, "n", 0, "c1", "Conv", 1000000);
	synergy_layers_add(t, "n", 1, "c2", "Conv", 2000000);
	synergy_layers_add(t, "n", 2, "f", "Gemm", 1000000);
	if (!CHECK(!synergy_predict(&m, t, &p, &err)))
		return;
	CHECK_NEAR(p.total_uj, 5000, 1e-9);
	/*
	 * conv: 300^2 with 3 degrees of freedom (both layers share the coefficient); fc:
	 * 200^2 + 100^2 with 10; together 140000 with 140000^2 / (90000^2 / 3 + 50000^2 / 10)
	 * = 6.644; Student's t there 2.39055.
	 */
	CHECK_NEAR(p.total_ci95_uj, 2.39055 * sqrt(140000), 0.01);
	/* c1 alone: 100, t with 3 degrees of freedom 3.18245 */
	CHECK_NEAR(p.layers[0].ci95_uj, 318.245, 0.01);
	synergy_prediction_free(&p);
	synergy_layers_free(t);
}

SETUP
{
	struct synergy_dataset_options o = { 0 };
	struct synergy_error err;
	size_t i;

	gsl_set_error_handler_off();
	for (i = 0; i < N_NETWORKS; i++) {
		struct synergy_layers *t = load(networks[i]);
		char *path;

		REQUIRE(t != NULL);
		measure(t);
		path = write_csv(t);
		CHECK(!synergy_dataset_add(&dataset, path, &o, &err));
		/* the same network once more is averaged */
		if (i == 0)
			CHECK(!synergy_dataset_add(&dataset, path, &o, &err));
		unlink(path);
		free(path);
		synergy_layers_free(last);
		last = t;
	}
	CHECK(!synergy_dataset_finish(&dataset, &err));
	CHECK(!synergy_regress(&dataset, &regression, &err));
}

TEST(dataset)
{
	CHECK_EQ(dataset.n_networks, N_NETWORKS);
	CHECK_EQ(dataset.networks[0].files, 2);
	CHECK_NEAR(dataset.networks[0].conv[SYNERGY_F_MAC], 665784864, 0.5);
}

TEARDOWN
{
	synergy_layers_free(last);
	synergy_regression_free(&regression);
	synergy_dataset_free(&dataset);
}
