/* SPDX-License-Identifier: MIT
 * Any bytes as what a connection receives, cut as the first byte says: the gate lets the same
 * through however they are cut, and what it has let through once it lets through again. */
#include <string.h>

#include "fuzz_target.h"
#include "http/gate.h"

#define HEAD_MAX ((size_t)512)
#define END_ROOM ((size_t)64)

struct passed {
	struct gate gate;
	char *data;
	size_t size;
};

static struct passed pass(const char *data, size_t size, size_t step)
{
	struct passed passed = {.data = malloc(size + END_ROOM)};

	fuzz_require(passed.data != NULL);
	gate_init(&passed.gate, HEAD_MAX);
	for (size_t at = 0; at < size; at += step) {
		size_t piece = size - at < step ? size - at : step;
		size_t room = size + END_ROOM - passed.size;
		ptrdiff_t got;

		memcpy(passed.data + passed.size, data + at, piece);
		got = gate_read(&passed.gate, passed.data + passed.size, piece, room);
		fuzz_require(got >= 0 && (size_t)got <= room);
		passed.size += (size_t)got;
	}
	return passed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size > 0 ? (size_t)data[0] % 32 + 1 : 1;
	const char *bytes = (const char *)data + (size > 0 ? 1 : 0);
	struct passed whole, cut, again;

	size -= size > 0 ? 1 : 0;
	whole = pass(bytes, size, size + 1);
	cut = pass(bytes, size, step);
	again = pass(whole.data, whole.size, step);
	fuzz_require(whole.gate.status == cut.gate.status && whole.gate.begun == cut.gate.begun);
	fuzz_require(whole.size == cut.size && memcmp(whole.data, cut.data, cut.size) == 0);
	fuzz_require(again.gate.begun == whole.gate.begun);
	if (whole.gate.status == 0) {
		fuzz_require(again.gate.status == 0 && again.size == whole.size &&
			     memcmp(again.data, whole.data, whole.size) == 0);
	}
	free(whole.data);
	free(cut.data);
	free(again.data);
	return 0;
}
