/* SPDX-License-Identifier: MIT */
#include "call/call_json.h"
