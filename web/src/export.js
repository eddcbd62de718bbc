// SPDX-License-Identifier: MIT
// The whole result as a file, not the rows in sight: streamed, with its progress told.
import { useRef, useState } from 'preact/hooks';
import { ask } from './api.js';
import { formatQuery } from './filter.js';
import { download, fileName, formatBytes, formatNumber } from './format.js';
import { html } from './html.js';
import { getSettings } from './settings.js';
import { formatTime, zoneName } from './time.js';

const kinds = [
	{ label: 'CSV, a row a call', type: 'text/csv', ending: 'csv' },
	{ label: 'CSV, a row a step', type: 'text/csv', ending: 'csv', detail: 'true' },
	{ label: 'NDJSON with every step', type: 'application/x-ndjson', ending: 'ndjson', detail: 'true' },
];

/* "callstep-2026-11-24-08-00-00-to-2026-11-24-09-00-00.csv", in the zone that is shown; an open end is now. */
export function exportName(filter, ending, zone, now) {
	const from = filter.start === undefined ? 'the-beginning' : formatTime(Number(filter.start), zone);
	return `${fileName(`callstep ${from} to ${formatTime(Number(filter.end ?? now), zone)}`)}.${ending}`;
}

async function fetchAll(filter, kind, signal, onBytes) {
	const answer = await ask(`/v1/calls?${formatQuery(filter, { detail: kind.detail })}`, { headers: { Accept: kind.type }, signal });
	const parts = [];
	let bytes = 0;
	const reader = answer.body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) {
			return parts;
		}
		parts.push(value);
		bytes += value.length;
		onBytes(bytes);
	}
}

export function ExportMenu({ filter, total }) {
	const menu = useRef();
	const abort = useRef();
	const [state, setState] = useState(null); // what is said beside the button
	const run = async (kind) => {
		menu.current.open = false;
		abort.current = new AbortController();
		setState({ text: 'Asking …', busy: true });
		try {
			const parts = await fetchAll(filter, kind, abort.current.signal, (bytes) => setState({ text: formatBytes(bytes), busy: true }));
			download(exportName(filter, kind.ending, zoneName(getSettings().zone), Math.floor(Date.now() / 1000)), kind.type, parts);
			setState({ text: `${formatNumber(total ?? 0)} calls saved` });
		} catch (problem) {
			setState(problem.name === 'AbortError' ? null : { text: problem.message });
		}
	};
	return html`
		<div class="export">
			<span role="status" class="muted">${state?.text}</span>
			${state?.busy && html`<button type="button" class="link" onClick=${() => abort.current.abort()}>Cancel</button>`}
			<details class="menu" ref=${menu}>
				<summary>Export</summary>
				<ul>${kinds.map((kind) => html`<li key=${kind.label}><button type="button" disabled=${!total} onClick=${() => run(kind)}>${kind.label}</button></li>`)}</ul>
			</details>
		</div>`;
}
