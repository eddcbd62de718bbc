/* SPDX-License-Identifier: MIT
 * The load client's command line, its threads, and what it prints. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 4096
#define THREADS_MAX	16

static const char usage[] =
	"usage: load [OPTION]… ADDRESS:PORT TARGETS\n"
	"Asks for the paths in the file TARGETS in turn, lines \"PATH LENGTH CRC\" with the length "
	"and the CRC-32 that the\n"
	"body must have as it comes, or `-`. Prints what it saw as JSON.\n"
	"  -c N      connections [1]             -t N      threads [1]\n"
	"  -d S      begins requests for S seconds; 0: until all bodies have gone [1]\n"
	"  -r R      begins R requests a second, all together [as fast as answers come]\n"
	"  -H LINE   a header line               -s STATUS the status that is right [200]\n"
	"  -b FILE   POSTs the bodies in FILE, each after a line with its length\n"
	"  -m NAME   adds up the member NAME of the answers, an integer\n";

struct thread {
	pthread_t id;
	const struct load_options *options;
	struct work *work;
	int connections;
	uint64_t began_ns;
	int result;
	struct tally tally;
};

static void *thread_main(void *context)
{
	struct thread *thread = context;

	thread->result = worker_run(thread->options, thread->work, thread->connections,
		thread->began_ns, &thread->tally);
	return NULL;
}

static int read_address(struct load_options *options, const char *text)
{
	char host[64];
	const char *colon = strrchr(text, ':');

	if (!colon || (size_t)(colon - text) >= sizeof(host)) {
		return -1;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	options->host = text;
	options->address.sin_family = AF_INET;
	options->address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return inet_pton(AF_INET, host, &options->address.sin_addr) == 1 ? 0 : -1;
}

static int add_header(struct load_options *options, const char *line)
{
	size_t size = strlen(options->headers);
	int added =
		snprintf(options->headers + size, sizeof(options->headers) - size, "%s\r\n", line);

	return added < 0 || (size_t)added >= sizeof(options->headers) - size ? -1 : 0;
}

static int take_option(struct load_options *options, struct work *work, int letter)
{
	switch (letter) {
	case 'c':
		options->connections = (int)strtol(optarg, NULL, 10);
		return 0;
	case 't':
		options->threads = (int)strtol(optarg, NULL, 10);
		return 0;
	case 'd':
		options->seconds = strtod(optarg, NULL);
		return 0;
	case 'r':
		options->rate = strtod(optarg, NULL);
		return 0;
	case 's':
		options->status = (int)strtol(optarg, NULL, 10);
		return 0;
	case 'm':
		options->sum = optarg;
		return 0;
	case 'H':
		return add_header(options, optarg);
	case 'b':
		return work_read_bodies(work, optarg);
	default:
		return -1;
	}
}

static int read_options(struct load_options *options, struct work *work, int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "c:t:d:r:s:m:H:b:")) != -1) {
		if (take_option(options, work, letter) < 0) {
			return -1;
		}
	}
	if (argc - optind != 2 || read_address(options, argv[optind]) < 0 ||
		work_read_targets(work, argv[optind + 1]) < 0) {
		return -1;
	}
	if (options->connections < 1 || options->connections > CONNECTIONS_MAX ||
		options->threads < 1 || options->threads > THREADS_MAX ||
		(options->seconds <= 0 && !work->bodies)) {
		return -1;
	}
	if (options->threads > options->connections) {
		options->threads = options->connections;
	}
	return 0;
}

static void add_up(struct tally *into, const struct tally *from)
{
	into->answers += from->answers;
	into->wrong += from->wrong;
	into->broken += from->broken;
	into->bytes += from->bytes;
	into->sum += from->sum;
	into->last_ns = from->last_ns > into->last_ns ? from->last_ns : into->last_ns;
	latency_merge(&into->latency, &from->latency);
}

static void print(const struct tally *tally, uint64_t began_ns)
{
	double seconds = tally->last_ns > began_ns
				 ? (double)(tally->last_ns - began_ns) / (double)NS_PER_S
				 : 0;

	printf("{\"answers\":%llu,\"wrong\":%llu,\"broken\":%llu,\"bytes\":%llu,\"sum\":%llu,"
	       "\"seconds\":%.6f,"
	       "\"rate\":%.3f,\"p50_ms\":%.4f,\"p90_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f}\n",
		(unsigned long long)tally->answers, (unsigned long long)tally->wrong,
		(unsigned long long)tally->broken, (unsigned long long)tally->bytes,
		(unsigned long long)tally->sum, seconds,
		seconds > 0 ? (double)tally->answers / seconds : 0,
		latency_ms(&tally->latency, 0.5), latency_ms(&tally->latency, 0.9),
		latency_ms(&tally->latency, 0.99), latency_ms(&tally->latency, 1));
}

static int run(struct thread *threads, const struct load_options *options, struct work *work)
{
	uint64_t began_ns = now_ns();
	int failed = 0, started = 0;

	for (; started < options->threads; started++) {
		struct thread *thread = &threads[started];

		thread->options = options;
		thread->work = work;
		thread->began_ns = began_ns;
		thread->connections = options->connections / options->threads +
				      (started < options->connections % options->threads);
		if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
			failed = -1;
			break;
		}
	}
	struct tally *all = &threads[0].tally;
	for (int i = 0; i < started; i++) {
		pthread_join(threads[i].id, NULL);
		failed = threads[i].result < 0 ? -1 : failed;
		if (i > 0) {
			add_up(all, &threads[i].tally);
		}
	}
	print(all, began_ns);
	return failed;
}

int main(int argc, char **argv)
{
	struct load_options options = {.connections = 1, .threads = 1, .seconds = 1, .status = 200};
	struct work work = {0};

	if (read_options(&options, &work, argc, argv) < 0) {
		work_deinit(&work);
		fputs(usage, stderr);
		return 2;
	}
	struct thread *threads = calloc((size_t)options.threads, sizeof(*threads));
	int result = threads ? run(threads, &options, &work) : -1;
	free(threads);
	work_deinit(&work);
	return result < 0 ? 1 : 0;
}
