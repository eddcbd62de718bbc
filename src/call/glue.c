/* SPDX-License-Identifier: MIT */
#include "call/glue.h"
