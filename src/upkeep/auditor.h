/* SPDX-License-Identifier: MIT
 * The audit trail of a server: what requests did is gathered in memory. A thread writes it, in one
 * transaction a second at most, so that no request waits for it. What is the same within that
 * second is one record that says how often. */
#ifndef UPKEEP_AUDITOR_H
#define UPKEEP_AUDITOR_H

#include "store/store.h"

struct auditor;

struct auditor_options {
	struct store *store;
	/* Tells that records could not be written, and, with NULL, that they are again. They are
	 * kept and tried again. */
	void (*failed)(void *context, const struct error *err);
	void *context;
};

int auditor_create(struct auditor **ret_auditor, const struct auditor_options *options,
	struct error *err) CHECK_RESULT;

/* Writes what is left. NULL is accepted. */
void auditor_destroy(struct auditor *auditor);
AUTO_POINTER(struct auditor *, auditor_destroy);

/* What AUDITOR_SUBJECTS_MAX is about: subjects beyond it are not told apart. */
#define AUDITOR_MORE "(others)"

/* Of one account within a second at most so many subjects are told apart. Those beyond them share a
 * record, by key, address, action and outcome; its subject is AUDITOR_MORE. */
#define AUDITOR_SUBJECTS_MAX 100

/* Of wrong keys so many are told apart within a minute, by address and e-mail, each by its own
 * record. Those that come again are in two records a second at most, which say how often. One names
 * the address and e-mail that came most often, the other is of the rest. */
#define AUDITOR_REFUSED_MAX 80

/* Notes a record; its id and times are not looked at, its action is a literal. From any thread;
 * never waits for the store. */
void auditor_note(struct auditor *auditor, const struct store_audit *record);

/* How often records could not be written since the start; they are kept and tried again. */
uint64_t auditor_failures(struct auditor *auditor);

/* Copies @text as a subject into @buffer. What looks like a key is left out, and what is too long
 * is cut. Invalid UTF-8 and what text_is_control() names become `?`. */
struct text auditor_subject(struct text text, char buffer[STORE_SUBJECT_MAX]);

#endif
