/* SPDX-License-Identifier: MIT */
#include "store/tally.h"
