/* SPDX-License-Identifier: MIT
 * Documents of any system that posts JSON or forms, translated by a table: where each thing stands
 * (JSON pointers), and what a step says (templates). docs/webhooks.md describes the tables. */
#ifndef INTAKE_SOURCES_WEBHOOK_H
#define INTAKE_SOURCES_WEBHOOK_H

#include "intake/sources/document/tree.h"
#include "intake/sources/source.h"

#define WEBHOOKS_MAX 32

/* How its sender signs. Texts are empty where nothing is said. */
struct webhook_signature {
	struct text header;  /* whose value is the signature; empty: nothing is signed */
	struct text format;  /* of that value: {digest}, {timestamp} and what stands around them */
	struct text content; /* what is signed: {body}, {timestamp} and what stands around them */
	struct text hash;    /* sha256, sha1; none: the header's value is the secret itself */
	struct text secret;
	int64_t age_max_s; /* of {timestamp}; 0: any */
};

struct webhook {
	struct text name; /* of its address: /v1/in/NAME */
	const struct tree *table;
	struct webhook_signature signature;
};

struct webhooks {
	struct arena arena;
	struct webhook rows[WEBHOOKS_MAX];
	size_t count;
};

/* Reads the tables in the file at @path, and the secrets that they name. ERROR_INVALID names what
 * in it is wrong. */
int webhooks_open(struct webhooks **ret_webhooks, const char *path, struct error *err) CHECK_RESULT;
void webhooks_close(struct webhooks *webhooks);
AUTO_POINTER(struct webhooks *, webhooks_close);

/* The same of @json; without secrets. For tests. */
int webhooks_read(struct webhooks *webhooks, struct text json, struct error *err) CHECK_RESULT;

/* NULL, also where @webhooks is: there is none of that name. */
const struct webhook *webhooks_find(const struct webhooks *webhooks, struct text name);

/* Translates @body, JSON or a form, and hands an events line a record to @sink. A record that
 * cannot be used is a reject, and the others go on. Steps without a time get that of the one
 * before them, at last @now_s. ERROR_INVALID, ERROR_TOO_LARGE when the body cannot be read. */
int webhook_take(const struct webhook *webhook, struct text body, int64_t now_s,
	struct arena *arena, const struct source_sink *sink, struct error *err) CHECK_RESULT;

/* Reads a number with or without a fraction, in @unit (s, ms, us), or for `iso` a date and time
 * with a zone, into microseconds. False when it is not one. */
bool webhook_time(struct text text, struct text unit, int64_t *ret_us);

#endif
