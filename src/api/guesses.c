/* SPDX-License-Identifier: MIT
 * A table of fixed size: each row is an allowance that fills up again with time (the generic cell
 * rate algorithm, ITU-T I.371). Where rows run out, the one that is nearest to full goes. */
#include "api/guesses.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define SETS	      1024
#define ROWS_A_SET    8
#define MINUTE_US     INT64_C(60000000)
#define SECOND_US     INT64_C(1000000)
#define EMAIL_LETTERS 254 /* the rest does not count: no account has a longer one */

/* Of a network, or of an e-mail. All zero: nothing was noted. */
struct row {
	uint64_t hash;
	int64_t full_us; /* when the allowance is full again */
	bool refused;	 /* the last one was not heard */
};

struct guesses {
	pthread_mutex_t lock;
	int64_t each_us; /* what one wrong key takes off; 0: nothing is counted */
	struct hash_key networks;
	struct hash_key emails;
	struct row rows[SETS][ROWS_A_SET];
};

int guesses_create(struct guesses **ret_guesses, unsigned int max, struct error *err)
{
	struct guesses *guesses = calloc(1, sizeof(*guesses));

	if (!guesses) {
		return error_no_memory(err);
	}
	pthread_mutex_init(&guesses->lock, NULL);
	guesses->each_us = max > 0 ? MINUTE_US / max : 0;
	guesses->networks = hash_key_random();
	guesses->emails = hash_key_random();
	*ret_guesses = guesses;
	return 0;
}

void guesses_destroy(struct guesses *guesses)
{
	if (guesses) {
		pthread_mutex_destroy(&guesses->lock);
		free(guesses);
	}
}

static uint64_t hash_email(const struct guesses *guesses, struct text email)
{
	char lower[EMAIL_LETTERS];
	size_t size = email.size < sizeof(lower) ? email.size : sizeof(lower);

	for (size_t i = 0; i < size; i++) {
		char byte = email.data[i];

		lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
	}
	return hash_text(&guesses->emails, (struct text){.data = lower, .size = size});
}

/* The row of @hash, or the one that it takes the place of. */
static struct row *find_row(struct guesses *guesses, uint64_t hash)
{
	struct row *set = guesses->rows[hash % SETS];
	struct row *fullest = &set[0];

	for (size_t i = 0; i < ROWS_A_SET; i++) {
		if (set[i].hash == hash) {
			return &set[i];
		}
		if (set[i].full_us < fullest->full_us) {
			fullest = &set[i];
		}
	}
	*fullest = (struct row){.hash = hash};
	return fullest;
}

static unsigned int note(struct guesses *guesses, uint64_t hash, int64_t now_us, bool *ret_first)
{
	struct row *row = find_row(guesses, hash);
	int64_t full_us = (row->full_us > now_us ? row->full_us : now_us) + guesses->each_us;
	int64_t early_us = full_us - now_us - MINUTE_US;

	if (early_us <= 0) {
		row->full_us = full_us;
		row->refused = false;
		return 0;
	}
	*ret_first |= !row->refused;
	row->refused = true;
	return (unsigned int)((early_us + SECOND_US - 1) / SECOND_US);
}

unsigned int guesses_note(struct guesses *guesses, struct text network, struct text email,
	int64_t now_us, bool *ret_first)
{
	unsigned int of_network = 0, of_email = 0;

	*ret_first = false;
	if (guesses->each_us == 0) {
		return 0;
	}
	pthread_mutex_lock(&guesses->lock);
	if (network.data) {
		of_network =
			note(guesses, hash_text(&guesses->networks, network), now_us, ret_first);
	}
	if (email.data) {
		of_email = note(guesses, hash_email(guesses, email), now_us, ret_first);
	}
	pthread_mutex_unlock(&guesses->lock);
	return of_network > of_email ? of_network : of_email;
}
