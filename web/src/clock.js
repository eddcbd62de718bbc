// SPDX-License-Identifier: MIT
// The server's time, in seconds: how old a call is must not depend on this computer's clock.
import { useEffect, useState } from 'preact/hooks';

const SKEW_MIN_S = 2; // an answer's date has whole seconds, and took a while to come
let skew = 0; // how far the server is ahead

/* Learns from the header Date of an answer (RFC 9110 §6.6.1). */
export function learnClock(date, now = Date.now()) {
	const ahead = (Date.parse(date) - now) / 1000;
	if (!Number.isNaN(ahead)) {
		skew = Math.abs(ahead) > SKEW_MIN_S ? Math.round(ahead) : 0;
	}
}

export function serverNow(now = Date.now()) {
	return Math.floor(now / 1000) + skew;
}

/* serverNow(), drawn again each second while @ticking. */
export function useServerNow(ticking) {
	const [now, setNow] = useState(serverNow());
	useEffect(() => {
		if (!ticking) {
			return undefined;
		}
		const timer = setInterval(() => setNow(serverNow()), 1000);
		return () => clearInterval(timer);
	}, [ticking]);
	return now;
}
