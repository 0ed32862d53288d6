// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Inputs; see inputs.h. What kind of file it is, its first bytes say.
 */
#include "infer/inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/build.h"

enum kind { KIND_NPY, KIND_PICTURE, KIND_PB };

struct given {
	const char *text;	/* as given, for messages */
	const char *path;
	size_t name_length;	/* of NAME in NAME=FILE; 0: by its place */
	enum kind kind;
	struct synergy_array array;	/* NPY and PB, once read */
	bool read;
	char *input;		/* the input that it is for, once that was asked for */
};

struct synergy_inputs {
	const struct synergy_input_options *options;
	struct synergy_input_asker ask;
	struct given files[SYNERGY_INPUTS_MAX];
	bool shape_used[SYNERGY_INPUTS_MAX];
	int by_place;	/* inputs asked for so far that no file is named for */
};

/* --- the command line's words ------------------------------------------------------- */

int synergy_inputs_add(struct synergy_input_options *options, const char *file,
		       struct synergy_error *error)
{
	if (options->n_files == SYNERGY_INPUTS_MAX)
		return synergy_error_set(error, E2BIG, "--input %s: more than %d files", file,
					 SYNERGY_INPUTS_MAX);
	options->files[options->n_files++] = file;
	return 0;
}

/* "1x3x224x224"; "" is a scalar. */
static int parse_dims(const char *text, int64_t *dims)
{
	int rank = 0;
	char *end;

	while (*text) {
		if (*text < '0' || *text > '9' || rank == SYNERGY_MAX_RANK)
			return -1;
		errno = 0;
		dims[rank++] = strtoll(text, &end, 10);
		if (errno || (*end && *end != 'x' && *end != ','))
			return -1;
		text = end;
		if (*text && !*++text)
			return -1;
	}
	return rank;
}

int synergy_inputs_shape(struct synergy_input_options *options, const char *text,
			 struct synergy_error *error)
{
	const char *equals = strrchr(text, '='), *dims = equals ? equals + 1 : text;
	struct synergy_input_shape *shape = &options->shapes[options->n_shapes];
	char *name = options->names[options->n_shapes];
	const size_t length = equals ? (size_t)(equals - text) : 0;
	int i;

	if (options->n_shapes == SYNERGY_INPUTS_MAX)
		return synergy_error_set(error, E2BIG, "--shape %s: more than %d shapes", text,
					 SYNERGY_INPUTS_MAX);
	if (length > SYNERGY_MAX_NAME || (equals && !length))
		return synergy_error_set(error, EINVAL, "--shape %.100s: no such name can be", text);
	memset(shape, 0, sizeof(*shape));
	shape->rank = parse_dims(dims, shape->dims);
	if (shape->rank < 0)
		return synergy_error_set(error, EINVAL,
			"--shape %s: must be like NAME=1x3x224x224, of at most %d dimensions", text,
			SYNERGY_MAX_RANK);
	if (equals) {
		memcpy(name, text, length);
		name[length] = '\0';
		shape->name = name;
	}
	for (i = 0; i < options->n_shapes; i++)
		if (!shape->name || !options->shapes[i].name ||
		    !strcmp(shape->name, options->shapes[i].name))
			return synergy_error_set(error, EINVAL,
				"--shape %s: given twice, or without a name where there are several",
				text);
	options->n_shapes++;
	return 0;
}

int synergy_inputs_order(struct synergy_input_options *options, const char *word,
			 struct synergy_error *error)
{
	if (!strcmp(word, "rgb"))
		options->order = SYNERGY_CHANNELS_RGB;
	else if (!strcmp(word, "bgr"))
		options->order = SYNERGY_CHANNELS_BGR;
	else
		return synergy_error_set(error, EINVAL, "--channels %s: rgb or bgr", word);
	return 0;
}

/* --- files ---------------------------------------------------------------------------- */

/*
 * NAME=FILE or FILE: a '=' may be in either, so a file of the whole name comes first, then
 * the shortest NAME with whose rest there is a file.
 */
static void split_name(struct given *g)
{
	const char *equals;

	g->path = g->text;
	if (!access(g->text, F_OK))
		return;
	for (equals = strchr(g->text, '='); equals; equals = strchr(equals + 1, '='))
		if (equals > g->text && !access(equals + 1, F_OK))
			break;
	/* None is there: the message will be about the file. */
	if (!equals)
		equals = strchr(g->text, '=');
	if (!equals || equals == g->text)
		return;
	g->name_length = (size_t)(equals - g->text);
	g->path = equals + 1;
}

static int find_kind(struct given *g, struct synergy_error *error)
{
	unsigned char start[512] = { 0 };
	FILE *f = fopen(g->path, "rbe");
	const char *hint;
	bool failed;
	size_t got;

	if (!f)
		return synergy_error_set(error, errno, "%s: %s", g->path, strerror(errno));
	got = fread(start, 1, sizeof(start), f);
	failed = ferror(f);
	fclose(f);
	if (failed)
		return synergy_error_set(error, EISDIR, "%s: cannot be read", g->path);
	if (!got)
		return synergy_error_set(error, EINVAL, "%s: empty", g->path);
	if (got >= 6 && !memcmp(start, "\x93NUMPY", 6)) {
		g->kind = KIND_NPY;
	} else if (!memcmp(start, "\x89PNG", 4) || !memcmp(start, "\xff\xd8\xff", 3)) {
		g->kind = KIND_PICTURE;
	} else {
		hint = synergy_file_hint(start, got);
		if (hint)
			return synergy_error_set(error, EINVAL, "%s: %s", g->path, hint);
		g->kind = KIND_PB;
	}
	return 0;
}

/* Options that would change nothing. */
static int check_effect(const struct synergy_inputs *in, struct synergy_error *error)
{
	const struct synergy_input_options *o = in->options;
	const char *option = o->n_mean ? "--mean" : o->n_scale ? "--scale" :
			     o->order != SYNERGY_CHANNELS_BY_FORMAT ? "--channels" : NULL;
	int i;

	for (i = 0; i < o->n_files; i++)
		if (in->files[i].kind == KIND_PICTURE)
			return 0;
	if (!option)
		return 0;
	return synergy_error_set(error, EINVAL,
				 "%s: is for pictures, and no --input is one", option);
}

static int read_array(struct given *g, struct synergy_error *error)
{
	if (g->read)
		return 0;
	if (g->kind == KIND_NPY ? synergy_npy_read(g->path, &g->array, error) :
				  synergy_pb_read(g->path, &g->array, error))
		return -1;
	g->read = true;
	return 0;
}

/* --- what a network asks while it is loaded --------------------------------------------- */

static struct given *find_named(struct synergy_inputs *in, const char *name)
{
	int i;

	for (i = 0; i < in->options->n_files; i++)
		if (in->files[i].name_length == strlen(name) &&
		    !memcmp(in->files[i].text, name, strlen(name)))
			return &in->files[i];
	return NULL;
}

/* The file without a name that is the at-th of those. */
static struct given *find_placed(struct synergy_inputs *in, int at)
{
	int i;

	for (i = 0; i < in->options->n_files; i++)
		if (!in->files[i].name_length && at-- == 0)
			return &in->files[i];
	return NULL;
}

/* An array's sizes where the network leaves its own open; leading ones aside. */
static void fill_open(const struct synergy_array *a, struct synergy_input_shape *shape)
{
	int i, k;

	if (shape->rank < 0) {
		shape->rank = a->rank;
		memcpy(shape->dims, a->dims, sizeof(shape->dims));
		return;
	}
	for (i = shape->rank - 1, k = a->rank - 1; i >= 0; i--, k--)
		if (shape->dims[i] == SYNERGY_OPEN_DIM)
			shape->dims[i] = k >= 0 ? a->dims[k] : 1;
}

/* A picture's size for a network that takes any. */
static int fill_picture(const struct given *g, struct synergy_input_shape *shape,
			struct synergy_error *error)
{
	int64_t *d = shape->dims, height, width;
	const bool last = shape->rank == 4 && (d[3] == 1 || d[3] == 3) && d[1] != 1 && d[1] != 3;
	int64_t *h = d + (last ? 1 : 2), *w = d + (last ? 2 : 3), *c = d + (last ? 3 : 1);

	if (shape->rank != 4 || (*h >= 0 && *w >= 0 && *c >= 0))
		return 0;
	if (synergy_image_size(g->path, &height, &width, error))
		return -1;
	*h = *h < 0 ? height : *h;
	*w = *w < 0 ? width : *w;
	*c = *c < 0 ? 3 : *c;
	d[0] = d[0] < 0 ? 1 : d[0];
	return 0;
}

static bool is_open(const struct synergy_input_question *q)
{
	int i;

	for (i = 0; i < q->rank; i++)
		if (q->dims[i] == SYNERGY_OPEN_DIM)
			return true;
	return q->rank < 0;
}

static int ask_shape(void *arg, const struct synergy_input_question *q,
		     struct synergy_input_shape *shape, struct synergy_error *error)
{
	struct synergy_inputs *in = arg;
	const struct synergy_input_options *o = in->options;
	struct given *g = find_named(in, q->name);
	int i;

	if (!g)
		g = find_placed(in, in->by_place++);
	if (g && !(g->input = strdup(q->name)))
		return synergy_error_set(error, ENOMEM, "inputs: out of memory");
	for (i = 0; i < o->n_shapes; i++)
		if (o->shapes[i].name ? !strcmp(o->shapes[i].name, q->name) : q->place == 0) {
			in->shape_used[i] = true;
			*shape = o->shapes[i];
			return 1;
		}
	if (!g || !is_open(q))
		return 0;
	shape->rank = q->rank;
	memcpy(shape->dims, q->dims, sizeof(shape->dims));
	if (g->kind == KIND_PICTURE)
		return fill_picture(g, shape, error) ? -1 : 1;
	if (read_array(g, error))
		return -1;
	fill_open(&g->array, shape);
	return 1;
}

/* The file for an input that was asked for. */
static struct given *file_of(struct synergy_inputs *in, const char *name)
{
	int i;

	for (i = 0; i < in->options->n_files; i++)
		if (in->files[i].input && !strcmp(in->files[i].input, name))
			return &in->files[i];
	return NULL;
}

static int ask_value(void *arg, const struct synergy_input_question *q,
		     struct synergy_input_value *value, struct synergy_error *error)
{
	struct synergy_inputs *in = arg;
	struct given *g = file_of(in, q->name);
	struct synergy_tensor t = { .name = q->name, .dtype = q->dtype, .rank = q->rank };

	if (!g || g->kind == KIND_PICTURE)
		return 0;
	if (read_array(g, error))
		return -1;
	memcpy(t.dims, q->dims, sizeof(t.dims));
	if (g->array.dtype != q->dtype)
		return synergy_error_set(error, EINVAL, "%s: type %s, but input '%.100s' is %s",
			g->path, synergy_dtype_name(g->array.dtype), q->name,
			synergy_dtype_name(q->dtype));
	if (synergy_array_fits(&g->array, &t, g->path, error))
		return -1;
	*value = (struct synergy_input_value){
		.name = q->name, .dtype = q->dtype, .rank = q->rank, .data = g->array.data,
	};
	memcpy(value->dims, q->dims, sizeof(value->dims));
	return 1;
}

int synergy_inputs_open(const struct synergy_input_options *options,
			struct synergy_inputs **out, struct synergy_error *error)
{
	struct synergy_inputs *in = calloc(1, sizeof(*in));
	int i;

	*out = NULL;
	if (!in)
		return synergy_error_set(error, ENOMEM, "inputs: out of memory");
	in->options = options;
	in->ask = (struct synergy_input_asker){ ask_shape, ask_value, in };
	for (i = 0; i < options->n_files; i++) {
		in->files[i].text = options->files[i];
		split_name(&in->files[i]);
		if (find_kind(&in->files[i], error))
			goto close;
	}
	if (check_effect(in, error))
		goto close;
	*out = in;
	return 0;
close:
	i = errno;
	synergy_inputs_close(in);
	errno = i;
	return -1;
}

void synergy_inputs_close(struct synergy_inputs *in)
{
	int i;

	for (i = 0; in && i < in->options->n_files; i++) {
		synergy_array_free(&in->files[i].array);
		free(in->files[i].input);
	}
	free(in);
}

const struct synergy_input_asker *synergy_inputs_ask(const struct synergy_inputs *in)
{
	return &in->ask;
}

/* "data, mask": the network's inputs, for a message. */
static const char *input_names(const struct synergy_graph *graph, char *buf, size_t size)
{
	size_t used = 0;
	int i, n;

	snprintf(buf, size, "%s", graph->n_inputs ? "" : "none");
	for (i = 0; i < graph->n_inputs && used < size; i++) {
		n = snprintf(buf + used, size - used, "%s%.60s", i ? ", " : "",
			     graph->tensors[graph->inputs[i]].name);
		used += n > 0 ? (size_t)n : 0;
	}
	return buf;
}

static int check_names(const struct synergy_inputs *in, const struct synergy_graph *graph,
		       struct synergy_error *error)
{
	const struct synergy_input_options *o = in->options;
	char names[256];
	int i;

	for (i = 0; i < o->n_files; i++) {
		if (in->files[i].input)
			continue;
		if (in->files[i].name_length)
			return synergy_error_set(error, EINVAL,
				"--input %s: the network has no such input (inputs: %s)", o->files[i],
				input_names(graph, names, sizeof(names)));
		return synergy_error_set(error, EINVAL, "--input %s: the network has %d input%s",
			o->files[i], in->by_place, in->by_place == 1 ? "" : "s");
	}
	for (i = 0; i < o->n_shapes; i++)
		if (!in->shape_used[i])
			return synergy_error_set(error, EINVAL,
				"--shape %.100s: the network has no such input (inputs: %s)",
				o->shapes[i].name ? o->shapes[i].name : "",
				input_names(graph, names, sizeof(names)));
		else if (!o->shapes[i].name && graph->n_inputs > 1)
			return synergy_error_set(error, EINVAL,
				"--shape: the network has several inputs, so NAME= must say which (inputs: %s)",
				input_names(graph, names, sizeof(names)));
	return 0;
}

int synergy_inputs_check(struct synergy_inputs *in, const struct synergy_graph *graph,
			 struct synergy_error *error)
{
	const struct synergy_tensor *t;
	struct given *g;
	int i;

	if (check_names(in, graph, error))
		return -1;
	for (i = 0; i < graph->n_inputs; i++) {
		t = &graph->tensors[graph->inputs[i]];
		g = file_of(in, t->name);
		if (g && g->kind != KIND_PICTURE &&
		    (read_array(g, error) || synergy_array_fits(&g->array, t, g->path, error)))
			return -1;
	}
	return 0;
}

/* --- values ------------------------------------------------------------------------------ */

static int fill_from(const struct synergy_inputs *in, struct given *g,
		     enum synergy_channels order, const struct synergy_tensor *tensor, void *data,
		     struct synergy_error *error)
{
	struct synergy_array array;
	int result;

	if (g->kind != KIND_PICTURE)
		return read_array(g, error) ||
		       synergy_array_copy(&g->array, tensor, data, g->path, error) ? -1 : 0;
	if (synergy_image_read(g->path, in->options, order, tensor, &array, error))
		return -1;
	result = synergy_array_copy(&array, tensor, data, g->path, error);
	synergy_array_free(&array);
	return result;
}

int synergy_inputs_fill(struct synergy_inputs *in, uint64_t seed,
			const struct synergy_graph *graph, struct synergy_plan *plan,
			struct synergy_error *error)
{
	enum synergy_channels order = in->options->order;
	int i;

	if (order == SYNERGY_CHANNELS_BY_FORMAT)
		order = graph->format == SYNERGY_FORMAT_CAFFE ? SYNERGY_CHANNELS_BGR :
			SYNERGY_CHANNELS_RGB;
	for (i = 0; i < graph->n_inputs; i++) {
		const struct synergy_tensor *tensor = &graph->tensors[graph->inputs[i]];
		struct given *g = file_of(in, tensor->name);
		void *data = synergy_plan_tensor(plan, graph->inputs[i]);

		if (!data)	/* nothing reads it */
			continue;
		if (!g)
			synergy_array_random(tensor, data, seed);
		else if (fill_from(in, g, order, tensor, data, error))
			return -1;
	}
	return 0;
}
