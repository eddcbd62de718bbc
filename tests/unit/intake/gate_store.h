/* SPDX-License-Identifier: MIT
 * A store for tests of intake: one in memory behind a gate, which tests close to let things queue
 * up, and which can fail. */
#ifndef TESTS_UNIT_INTAKE_GATE_STORE_H
#define TESTS_UNIT_INTAKE_GATE_STORE_H

#include <pthread.h>

#include "store/backend.h"

/* Transactions with a whole call of this account fail with ERROR_INVALID. */
#define GATE_BAD_ACCOUNT 666

struct gate_store {
	struct store base;
	struct store *inner;
	int64_t account; /* one that is there */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	unsigned int entered;	   /* transactions begun, those that wait at the gate too */
	enum error_code fail_with; /* those that pass the gate, if not ERROR_NONE */
	unsigned int touches;
};

void gate_store_init(struct gate_store *gate);
void gate_store_deinit(struct gate_store *gate);

void gate_close(struct gate_store *gate);
void gate_open(struct gate_store *gate);

/* Blocks until @entered transactions have begun. */
void gate_wait_entered(struct gate_store *gate, unsigned int entered);

unsigned int gate_entered(struct gate_store *gate);

/* From now on, ERROR_NONE being success. */
void gate_fail_with(struct gate_store *gate, enum error_code code);

#endif
