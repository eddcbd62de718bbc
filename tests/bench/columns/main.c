/* SPDX-License-Identifier: MIT
 * bench_columns make FILE [CALLS [DIFFERENT]]: makes the file, prints bytes a call.
 * bench_columns ask FILE [read|mapped [WORD]]: asks it, prints a table. */
#include "columns.h"

#define CALLS	  10000000
#define DIFFERENT 1048576

static int64_t number_of(int argc, char **argv, int at, int64_t otherwise)
{
	int64_t number = otherwise;

	return at < argc && !text_to_int64(text_of(argv[at]), &number) ? otherwise : number;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "make") == 0) {
		make_file(argv[2], number_of(argc, argv, 3, CALLS),
			number_of(argc, argv, 4, DIFFERENT));
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "ask") == 0) {
		ask_file(argv[2], argc > 3 && strcmp(argv[3], "mapped") == 0,
			argc > 4 ? argv[4] : "");
		return 0;
	}
	fprintf(stderr, "usage: bench_columns make FILE [CALLS [DIFFERENT]]\n"
			"       bench_columns ask FILE [read|mapped [WORD]]\n");
	return 2;
}
