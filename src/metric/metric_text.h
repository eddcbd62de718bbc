/* SPDX-License-Identifier: MIT
 * The text that Prometheus reads (exposition format 0.0.4). */
#ifndef METRIC_METRIC_TEXT_H
#define METRIC_METRIC_TEXT_H

#include "base/buffer.h"
#include "metric/metric.h"

#define METRIC_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Begins the family @name, whose samples follow. @type is "counter", "gauge" or "histogram"; @help
 * is one line without a backslash. */
void metric_text_family(struct buffer *out, const char *name, const char *type, const char *help);

/* One sample. @labels, `route="/",code="200"`, is escaped already; empty: it has none. The value is
 * @value / @divisor, of which a million makes microseconds seconds. */
void metric_text_sample(
	struct buffer *out, const char *name, const char *labels, int64_t value, int64_t divisor);

/* The samples of a histogram of seconds. */
void metric_text_histogram(struct buffer *out, const char *name, const char *labels,
	const struct metric_bounds *bounds, const struct metric_histogram *histogram);

#endif
