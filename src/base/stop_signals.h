/* SPDX-License-Identifier: MIT
 * The signals that end a program, for one that waits by poll(). */
#ifndef BASE_STOP_SIGNALS_H
#define BASE_STOP_SIGNALS_H

#include "base/error.h"

/* From now on SIGINT and SIGTERM end nothing: they make *@ret_fd readable (signalfd(2)). Reading
 * from it does not wait. It is closed by file_close(). Called before threads are made, which would
 * be ended by them. */
int stop_signals_open(int *ret_fd, struct error *err) CHECK_RESULT;

#endif
