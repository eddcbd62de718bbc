/* SPDX-License-Identifier: MIT
 * Brings a call's rows into the order in which things happened, whichever way they came. */
#ifndef INTAKE_SOURCES_CEL_ORDER_H
#define INTAKE_SOURCES_CEL_ORDER_H

#include "intake/sources/asterisk/cel_call.h"

/* Sorts the rows by time; rows of one time stay as they came or, when the call came newest first,
 * the other way round
 * (@newest_first says so where the call's own rows do not tell). A row that is equal to another one
 * of the call in all that was recorded is dropped. Then the channels are learnt anew, in that
 * order. Needs no memory. */
void cel_call_order(struct cel_call *call, bool newest_first);

#endif
