/* SPDX-License-Identifier: MIT
 * callstep collect twilio: calls of a Twilio account, by asking its REST API: executions of Studio
 * with their steps, and the requests of TwiML applications. */
#ifndef COLLECT_COLLECT_TWILIO_H
#define COLLECT_COLLECT_TWILIO_H

#include "collect/poller.h"

struct collect_twilio_options {
	struct poller_options poller;
	const char *account_sid; /* AC… */
	const char *user;	 /* an API key's SID; NULL: the account's */
	const char *secret;
	const char *flows;	/* SIDs separated by commas; NULL: all */
	const char *api_url;	/* https://api.twilio.com */
	const char *studio_url; /* https://studio.twilio.com */
	int64_t since;		/* the first run begins there; negative: an hour back */
	int64_t every_s;	/* between two rounds */
	int64_t pace_ms;
	bool once; /* one round, and all is sent */
};

/* Works until a signal, or with `once` until all is sent. Returns 1 when something was not taken, 0
 * otherwise. */
int collect_twilio(const struct collect_twilio_options *options, struct error *err) CHECK_RESULT;

#endif
