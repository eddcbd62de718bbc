/* SPDX-License-Identifier: MIT
 * Writes the manual page to standard output; run by the build. */
#include "cmd/help.h"

int main(void)
{
	help_write_manual(stdout);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
