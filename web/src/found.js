// SPDX-License-Identifier: MIT
// The line for which words found a call, for the rows in sight: asked for together, once they stand still.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { askJson } from './api.js';
import { formatQuery } from './filter.js';
import { findMarks, readPhrases } from './marks.js';

const PAUSE_MS = 150;
const KEPT = 500; // calls

/* @result's rows [first, last). Returns { phrases, lineOf(session) }: the line is { text, time, more }, undefined until it is there, null where no line has the words. */
export function useFound(result, first, last, text, version) {
	const phrases = useMemo(() => readPhrases(text), [text]);
	const [lines, setLines] = useState({ result, found: new Map() });
	const found = lines.result === result ? lines.found : new Map();
	const missing = [];
	for (let row = first; phrases.length > 0 && row < last && result.span(row, last); row++) {
		const call = result.row(row);
		if (call && !found.has(call.session_id)) {
			missing.push(row);
		}
	}
	const [from, until] = [missing[0], missing.at(-1) + 1];
	useEffect(() => {
		if (missing.length === 0) {
			return undefined;
		}
		const abort = new AbortController();
		const timer = setTimeout(async () => {
			const query = formatQuery(result.filter, { detail: true, ...result.span(from, until) });
			const answer = await askJson(`/v1/calls?${query}`, { signal: abort.signal }).catch(() => null);
			const taken = new Map(missing.map((row) => [result.row(row)?.session_id, null]));
			answer?.calls.forEach((call) => taken.set(call.session_id, lineOf(call, phrases)));
			if (answer) {
				setLines({ result, found: new Map([...found, ...taken].slice(-KEPT)) });
			}
		}, PAUSE_MS);
		return () => {
			abort.abort();
			clearTimeout(timer);
		};
	}, [result, from, until, version, lines]);
	return { phrases, lineOf: (session) => found.get(session) };
}

/* The first line of @call that has any of the words, and how many more there are. */
export function lineOf(call, phrases) {
	const hits = (call.detail || []).filter((step) => findMarks(step.event.line, phrases).length > 0);
	return hits.length > 0 ? { text: hits[0].event.line, time: hits[0].timestamp, more: hits.length - 1 } : null;
}
