/* SPDX-License-Identifier: MIT
 * Writing families, samples and histograms. */
#include "metric/metric_text.h"

#define MICROSECONDS INT64_C(1000000)

void metric_text_family(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_value(struct buffer *out, int64_t value, int64_t divisor)
{
	if (divisor == 1) {
		buffer_printf(out, " %lld\n", (long long)value);
	} else {
		buffer_printf(out, " %.15g\n", (double)value / (double)divisor);
	}
}

void metric_text_sample(
	struct buffer *out, const char *name, const char *labels, int64_t value, int64_t divisor)
{
	buffer_printf(out, *labels ? "%s{%s}" : "%s%s", name, labels);
	write_value(out, value, divisor);
}

void metric_text_histogram(struct buffer *out, const char *name, const char *labels,
	const struct metric_bounds *bounds, const struct metric_histogram *histogram)
{
	const char *comma = *labels ? "," : "";
	uint64_t count = 0;

	for (size_t i = 0; i < bounds->count; i++) {
		count += metric_read(&histogram->buckets[i]);
		buffer_printf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, labels, comma,
			(double)bounds->us[i] / (double)MICROSECONDS, (unsigned long long)count);
	}
	count += metric_read(&histogram->buckets[bounds->count]);
	buffer_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, labels, comma,
		(unsigned long long)count);
	buffer_printf(out, *labels ? "%s_sum{%s}" : "%s_sum%s", name, labels);
	write_value(out, (int64_t)metric_read(&histogram->sum_us), MICROSECONDS);
	buffer_printf(out, *labels ? "%s_count{%s} %llu\n" : "%s_count%s %llu\n", name, labels,
		(unsigned long long)count);
}
