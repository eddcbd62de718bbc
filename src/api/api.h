/* SPDX-License-Identifier: MIT
 * The API: the routes of API.md on top of store and intake. */
#ifndef API_API_H
#define API_API_H

#include "http/http.h"
#include "intake/intake.h"
#include "store/store.h"
#include "upkeep/auditor.h"
#include "upkeep/key_use.h"
#include "upkeep/sweeper.h"

struct webhooks;

struct api_options {
	struct store *store;
	struct intake *intake;
	struct key_uses *key_uses; /* which the intake writes: its chore */
	/* hides in what is recorded of questions, too; NULL: nothing */
	const struct redactor *redactor;
	int64_t api_detail_days; /* how long /api/ serves detail; 0: for as long as it is kept */
	/* NULL: requests make no records, but for those that change keys */
	struct auditor *auditor;
	bool audit_reads;	       /* requests that only read make them too */
	struct sweeper *sweeper;       /* knows how near the disk's cap is; NULL: there is none */
	struct call_prefixes prefixes; /* what is dialled for a + where the calls come from */
	size_t page_memory_max;	       /* bytes that all answers under way may hold together */
	/* where what slow clients have not taken is moved to; NULL: it is not */
	const char *spill_folder;
	size_t spill_max;	     /* bytes, in all; 0: it is not */
	int64_t query_time_max_ms;   /* how long a question below /v1 may take */
	unsigned int wrong_keys_max; /* a minute, of one network or for one e-mail; 0: any number */
	unsigned int threads;	     /* for such questions; 0: one a core */
	int64_t session_age_s;	     /* how long a browser stays signed in; 0: it does not */
	bool tls;		     /* the server itself has TLS */
	const char *version;	     /* of the program */
	const char *revision;	     /* the commit that it was built of; NULL: not known */
	/* what GET /metrics tells of, beside the above; server NULL: it is not asked for */
	const struct http_server *server;
	struct gauge *gauge;
	int64_t disk_max; /* bytes; 0: no cap */
	unsigned int connections_max;
	/* of POST /v1/in/{source}; NULL: there are none but those that are built in */
	const struct webhooks *webhooks;
	struct text twilio_token; /* Twilio's signatures are checked by it; empty: they are not */
	const char *public_url;	  /* what Twilio calls this server; needed with the token */
	bool hook_private;	  /* hooks may have private addresses and http:// */
	int64_t body_size_max;	  /* bytes of a POST on the wire; 0: no ceiling */
	bool all_spans;		  /* also those that only say how long something took are steps */
	int64_t (*now)(void);	  /* the clock: clock_now_s(), or a test's */
};

struct api;
struct gauge;

int api_create(
	struct api **ret_api, const struct api_options *options, struct error *err) CHECK_RESULT;
/* After the intake, which tells it of calls that were stored. */
void api_destroy(struct api *api);
AUTO_POINTER(struct api *, api_destroy);

/* For a server that is about to stop: /readyz says so from now on, and what would not end by itself
 * ends, which is streams of those that follow calls. */
void api_finish(struct api *api);

/* Fills in routes, error and context of @options: what the API is to the HTTP server. */
void api_attach(struct api *api, struct http_server_options *options);

/* The same for a server that has GET /metrics, /healthz and /readyz alone, and asks for no key. */
void api_attach_metrics(struct api *api, struct http_server_options *options);

#endif
