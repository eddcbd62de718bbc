// SPDX-License-Identifier: MIT
import { useMemo } from 'preact/hooks';
import { formatQuery } from './filter.js';

/* The filter with its times made definite once, not anew at each drawing, which would ask the server again and again. */
export function usePinned(filter, pin) {
	return useMemo(() => pin(filter, Math.floor(Date.now() / 1000)), [formatQuery(filter)]);
}
