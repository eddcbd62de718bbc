/* SPDX-License-Identifier: MIT */
#include "call/call.h"
