// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Power over time as SVG, for readers without script and for paper; see html_parts.h.
 */
#include <math.h>

#include "report/html_parts.h"
#include "report/units.h"

#define PLOT_W	1040.0
#define PLOT_H	260.0
#define PLOT_L	64.0
#define PLOT_B	28.0
#define PLOT_T	10.0
#define POINTS	512		/* across: two units of the drawing each */

struct axes {
	double x_max_s, y_min_mw, y_max_mw;
};

static double px(const struct axes *a, double s)
{
	return PLOT_L + (PLOT_W - PLOT_L - 8) * s / a->x_max_s;
}

static double py(const struct axes *a, double mw)
{
	return PLOT_H - PLOT_B - (PLOT_H - PLOT_B - PLOT_T) * (mw - a->y_min_mw) /
		(a->y_max_mw - a->y_min_mw);
}

/* 1, 2 or 5 times a power of ten, at least the range's n-th part. */
static double nice_step(double range, int n)
{
	double raw = range / n, base = pow(10, floor(log10(raw)));

	return raw <= base ? base : raw <= 2 * base ? 2 * base : raw <= 5 * base ? 5 * base :
		10 * base;
}

static struct axes find_axes(const struct synergy_trace *trace)
{
	struct axes a = { 1e-6, 0, 1e-6 };
	uint32_t r;

	for (r = 0; r < trace->n_rails; r++) {
		const struct synergy_trace_rail *rail = &trace->rails[r];

		if (!rail->samples)
			continue;
		a.x_max_s = fmax(a.x_max_s, ((double)rail->last_ns - (double)trace->start_ns) / 1e9);
		a.y_max_mw = fmax(a.y_max_mw, rail->max_mw);
		a.y_min_mw = fmin(a.y_min_mw, rail->min_mw);
	}
	a.y_max_mw *= 1.05;
	return a;
}

static void write_axes(const struct axes *a, FILE *out)
{
	double step = nice_step(a->y_max_mw - a->y_min_mw, 5), v;
	char text[64];

	for (v = ceil(a->y_min_mw / step) * step; v <= a->y_max_mw; v += step) {
		fprintf(out, "<path class=grid d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=end>", PLOT_L, py(a, v), PLOT_W - 8, PLOT_L - 6, py(a, v) + 4);
		synergy_html_put_figure(fabs(v) > step / 2 ?
			synergy_format_power(v, text, sizeof(text)) : "0", out);
		fputs("</text>\n", out);
	}
	step = nice_step(a->x_max_s, 8);
	for (v = 0; v <= a->x_max_s; v += step) {
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=middle>", px(a, v), PLOT_H - 8);
		synergy_html_put_figure(v > 0 ? synergy_format_time(v * 1e6, text, sizeof(text)) : "0",
					out);
		fputs("</text>\n", out);
	}
}

/* The inferences' spans as bands behind the curves. */
static void write_bands(const struct synergy_profile *p, const struct axes *a, FILE *out)
{
	double begin, end;
	size_t i;

	for (i = 0; i < p->spans.n_phases; i++) {
		const struct synergy_phase *f = &p->spans.phases[i];

		if (f->kind != SYNERGY_PHASE_RUN || f->begin_ns < p->trace.start_ns)
			continue;
		begin = (double)(f->begin_ns - p->trace.start_ns) / 1e9;
		end = (double)(f->end_ns - p->trace.start_ns) / 1e9;
		if (end > a->x_max_s * 1.001)
			continue;
		fprintf(out, "<path d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\" fill=\"var(--dim)\" "
			"opacity=\".13\"/>\n", px(a, begin), PLOT_T, px(a, end), PLOT_H - PLOT_B,
			px(a, begin));
	}
}

struct point {
	double x, least, mean, most;
};

/* The buckets of one rail, at most POINTS of them. */
static int find_points(const struct synergy_trace *trace, uint32_t r, const struct axes *a,
		       struct point *points)
{
	const struct synergy_trace_rail *rail = &trace->rails[r];
	uint32_t per = (rail->n_buckets + POINTS - 1) / POINTS, i, k;
	int n = 0;

	for (i = 0; i < rail->n_buckets; i += per) {
		struct point p = { .least = INFINITY, .most = -INFINITY };
		uint64_t samples = 0;
		double sum = 0;

		for (k = i; k < i + per && k < rail->n_buckets; k++) {
			if (!rail->buckets[k].n)
				continue;
			samples += rail->buckets[k].n;
			sum += rail->buckets[k].sum_mw;
			p.least = fmin(p.least, rail->buckets[k].min_mw);
			p.most = fmax(p.most, rail->buckets[k].max_mw);
		}
		if (!samples)
			continue;
		p.x = px(a, ((double)i + per / 2.) * (double)trace->bucket_ns / 1e9);
		p.mean = sum / (double)samples;
		points[n++] = p;
	}
	return n;
}

/* Mean as a line, least to most as a band. */
static void write_curve(const struct synergy_trace *trace, uint32_t r, const struct axes *a,
			FILE *out)
{
	struct point points[POINTS];
	int n = find_points(trace, r, a, points), i;

	fprintf(out, "<path fill=\"var(--r%u)\" opacity=\".22\" d=\"", r % 6);
	for (i = 0; i < n; i++)
		fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', points[i].x, py(a, points[i].most));
	for (i = n; i--;)
		fprintf(out, "L%.1f %.1f", points[i].x, py(a, points[i].least));
	fprintf(out, "Z\"/><path fill=none stroke=\"var(--r%u)\" stroke-width=\"1.3\" d=\"", r % 6);
	for (i = 0; i < n; i++)
		fprintf(out, "%c%.1f %.1f", i ? 'L' : 'M', points[i].x, py(a, points[i].mean));
	fputs("\"/>\n", out);
}

static void write_key(const struct synergy_profile *p, uint32_t r, FILE *out)
{
	const struct synergy_stream_info *info = synergy_stream_info(p->stream);
	const struct synergy_trace_rail *rail = &p->trace.rails[r];
	const double mw[] = { rail->sum_mw / (double)rail->samples, rail->min_mw, rail->max_mw };
	static const char *const between[] = { " ", " (", " to " };
	char a[64];
	int i;

	fprintf(out, "<span class=r%u><i class=swatch></i>", r % 6);
	synergy_html_put(r < info->n_rails ? info->rails[r].label : "?", out);
	for (i = 0; i < 3; i++) {
		fputs(between[i], out);
		synergy_html_put_figure(synergy_format_power(mw[i], a, sizeof(a)), out);
	}
	fputs(")</span> &ensp; ", out);
}

void synergy_html_write_trace(const struct synergy_profile *p, FILE *out)
{
	const struct synergy_trace *trace = &p->trace;
	struct axes axes = find_axes(trace);
	char a[64];
	uint32_t r;

	if (!trace->n_rails)
		return;
	fprintf(out, "<section><h2>Power</h2><svg viewBox=\"0 0 %g %g\" role=img "
		"aria-label=\"Power of each rail over time\">\n", PLOT_W, PLOT_H);
	write_axes(&axes, out);
	write_bands(p, &axes, out);
	for (r = 0; r < trace->n_rails; r++)
		if (trace->rails[r].samples)
			write_curve(trace, r, &axes, out);
	fputs("</svg><p class=sub>", out);
	for (r = 0; r < trace->n_rails; r++)
		if (trace->rails[r].samples)
			write_key(p, r, out);
	fputs("<br>Line: mean of ", out);
	synergy_html_put_figure(synergy_format_time((double)trace->bucket_ns *
		((trace->rails[0].n_buckets + POINTS - 1) / POINTS) / 1e3, a, sizeof(a)), out);
	fputs("; band: least to most; grey: inferences.</p></section>\n", out);
}
