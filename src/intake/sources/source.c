/* SPDX-License-Identifier: MIT */
#include "intake/sources/source.h"
