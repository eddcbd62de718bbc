/* SPDX-License-Identifier: MIT
 * What the service manager is told. */
#include "cmd/manager.h"

#include "base/clock.h"
#include "base/log.h"

#define SECOND_US     INT64_C(1000000)
#define LOOK_EVERY_US (10 * SECOND_US)
#define SPARE_US      (15 * SECOND_US) /* for what is written once the requests have ended */

/* It is told of once: nothing else depends on it. */
static void give_up(struct manager *manager, const struct error *err)
{
	char cause[sizeof(err->message) + 32];

	log_event(LOG_WARNING, "not-notified", "cause=%s",
		log_value(text_of(err->message), cause, sizeof(cause)));
	notify_close(&manager->notify);
}

void manager_open(struct manager *ret_manager)
{
	struct error err;

	*ret_manager = (struct manager){0};
	if (notify_open(&ret_manager->notify, &err) < 0) {
		give_up(ret_manager, &err);
	}
}

void manager_close(struct manager *manager)
{
	notify_close(&manager->notify);
}

/* Calls are those since the last status. */
static void tell_status(struct manager *manager, const char *before)
{
	int64_t now_us = clock_monotonic_us();
	double passed_s = (double)(now_us - manager->status_us) / SECOND_US;
	struct http_figures http;
	struct intake_figures intake;
	uint64_t calls;
	struct error err;

	if (manager->notify.fd < 0) {
		return;
	}
	http_server_figures(manager->server, &http);
	intake_figures(manager->intake, &intake);
	calls = intake.new_calls + intake.replaced;
	if (notify_send(&manager->notify, &err, "%sSTATUS=%zu connections, %.0f calls/s", before,
		    http.connections,
		    (double)(calls - manager->status_calls) / (passed_s > 0 ? passed_s : 1)) < 0) {
		give_up(manager, &err);
	}
	manager->status_calls = calls;
	manager->status_us = now_us;
}

void manager_ready(struct manager *manager)
{
	tell_status(manager, "READY=1\n");
}

void manager_reloading(struct manager *manager)
{
	struct error err;

	if (notify_send(&manager->notify, &err, "RELOADING=1\nMONOTONIC_USEC=%lld",
		    (long long)clock_monotonic_us()) < 0) {
		give_up(manager, &err);
	}
}

void manager_stopping(struct manager *manager, int64_t grace_s)
{
	int64_t end_us = grace_s * SECOND_US + SPARE_US;
	struct error err;

	if (notify_send(&manager->notify, &err,
		    "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=%lld\nWATCHDOG=1",
		    (long long)end_us) < 0) {
		give_up(manager, &err);
	}
}

/* Four times in the watchdog's time: a thread may stand still for half of it. */
static struct timespec look_every(const struct manager *manager)
{
	int64_t watchdog_us = manager->notify.watchdog_us;
	int64_t us = watchdog_us > 0 && watchdog_us / 4 < LOOK_EVERY_US ? watchdog_us / 4
									: LOOK_EVERY_US;

	return (struct timespec){.tv_sec = us / SECOND_US, .tv_nsec = us % SECOND_US * 1000};
}

int manager_wait(struct manager *manager, const sigset_t *signals)
{
	struct timespec every = look_every(manager);

	for (;;) {
		int number = sigtimedwait(signals, NULL, manager->notify.fd < 0 ? NULL : &every);

		if (number > 0) {
			return number;
		}
		tell_status(manager,
			manager->notify.watchdog_us > 0 && http_server_turned(manager->server)
				? "WATCHDOG=1\n"
				: "");
	}
}
