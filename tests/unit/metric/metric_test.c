/* SPDX-License-Identifier: MIT
 * Histograms, and the text that they become. */
#include "metric/metric_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct metric_bounds bounds = {.count = 2, .us = {1000, 2500000}};

static void assert_text(const struct buffer *out, const char *expected)
{
	assert_int_equal(out->size, strlen(expected));
	assert_memory_equal(out->data, expected, out->size);
}

static void a_duration_is_in_the_first_bucket_that_it_fits(void **state)
{
	struct metric_histogram histogram = {0};

	(void)state;
	metric_note(&histogram, &bounds, 0);
	metric_note(&histogram, &bounds, 1000);
	metric_note(&histogram, &bounds, 1001);
	metric_note(&histogram, &bounds, 2500001);
	assert_int_equal(metric_read(&histogram.buckets[0]), 2);
	assert_int_equal(metric_read(&histogram.buckets[1]), 1);
	assert_int_equal(metric_read(&histogram.buckets[2]), 1);
	assert_int_equal(metric_read(&histogram.sum_us), 2502002);
}

static void a_clock_that_ran_backwards_takes_nothing_from_the_sum(void **state)
{
	struct metric_histogram histogram = {0};

	(void)state;
	metric_note(&histogram, &bounds, 5);
	metric_note(&histogram, &bounds, -7);
	assert_int_equal(metric_read(&histogram.sum_us), 5);
	assert_int_equal(metric_read(&histogram.buckets[0]), 2);
}

static void histograms_of_threads_are_summed(void **state)
{
	struct metric_histogram one = {0}, two = {0}, sum = {0};

	(void)state;
	metric_note(&one, &bounds, 1);
	metric_note(&two, &bounds, 2);
	metric_note(&two, &bounds, 3000000);
	metric_sum(&sum, &one);
	metric_sum(&sum, &two);
	assert_int_equal(metric_read(&sum.buckets[0]), 2);
	assert_int_equal(metric_read(&sum.buckets[2]), 1);
	assert_int_equal(metric_read(&sum.sum_us), 3000003);
}

static void samples_are_written_as_prometheus_reads_them(void **state)
{
	AUTO(buffer_deinit) struct buffer out;

	(void)state;
	buffer_init(&out, 4096);
	metric_text_family(&out, "a_total", "counter", "What a is.");
	metric_text_sample(&out, "a_total", "", 7, 1);
	metric_text_sample(&out, "a_total", "b=\"c\"", 1500000, 1000000);
	assert_text(&out, "# HELP a_total What a is.\n# TYPE a_total counter\na_total 7\n"
			  "a_total{b=\"c\"} 1.5\n");
}

static void buckets_of_the_text_hold_all_that_is_shorter(void **state)
{
	AUTO(buffer_deinit) struct buffer out;
	struct metric_histogram histogram = {0};

	(void)state;
	buffer_init(&out, 4096);
	metric_note(&histogram, &bounds, 1);
	metric_note(&histogram, &bounds, 2000);
	metric_note(&histogram, &bounds, 9000000);
	metric_text_histogram(&out, "h", "r=\"/\"", &bounds, &histogram);
	assert_text(&out, "h_bucket{r=\"/\",le=\"0.001\"} 1\nh_bucket{r=\"/\",le=\"2.5\"} 2\n"
			  "h_bucket{r=\"/\",le=\"+Inf\"} 3\nh_sum{r=\"/\"} 9.002001\n"
			  "h_count{r=\"/\"} 3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_is_in_the_first_bucket_that_it_fits),
		cmocka_unit_test(a_clock_that_ran_backwards_takes_nothing_from_the_sum),
		cmocka_unit_test(histograms_of_threads_are_summed),
		cmocka_unit_test(samples_are_written_as_prometheus_reads_them),
		cmocka_unit_test(buckets_of_the_text_hold_all_that_is_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
