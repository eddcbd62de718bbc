/* SPDX-License-Identifier: MIT */
#include "http/negotiate.h"
