/* SPDX-License-Identifier: MIT */
#include "call/pack.h"
