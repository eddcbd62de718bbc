/* SPDX-License-Identifier: MIT
 * What a server is told of the systems that post to it. */
#ifndef CMD_INBOUND_OPTIONS_H
#define CMD_INBOUND_OPTIONS_H

#include "api/api.h"
#include "cmd/settings.h"
#include "intake/sources/webhook/webhook.h"

struct inbound_options {
	struct arena arena; /* of the token */
	struct webhooks *webhooks;
	struct text twilio_token;
};

/* Reads the files that @settings name. Deinit it in either case. */
int inbound_options_read(struct inbound_options *options, const struct settings *settings,
	struct error *err) CHECK_RESULT;
void inbound_options_deinit(struct inbound_options *options);

#endif
