// SPDX-License-Identifier: MIT
// The whole result as a file, not the rows in sight: streamed, with its progress told.
import { useRef, useState } from 'preact/hooks';
import { ask, Problem } from './api.js';
import { formatQuery } from './filter.js';
import { download, fileName, formatBytes, formatNumber } from './format.js';
import { html } from './html.js';
import { getSettings } from './settings.js';
import { formatTime, zoneName } from './time.js';

const CALLS_IN_MEMORY = 2_000_000; // about 200 MB either way
const STEPS_IN_MEMORY = 40_000;

const kinds = [
	{ label: 'CSV, a row a call', type: 'text/csv', ending: 'csv' },
	{ label: 'CSV, a row a step', type: 'text/csv', ending: 'csv', detail: 'true' },
	{ label: 'CSV for a spreadsheet, a row a call', type: 'text/csv', ending: 'csv', spreadsheet: 'true' },
	{ label: 'CSV for a spreadsheet, a row a step', type: 'text/csv', ending: 'csv', detail: 'true', spreadsheet: 'true' },
	{ label: 'NDJSON with every step', type: 'application/x-ndjson', ending: 'ndjson', detail: 'true' },
];

/* "callstep-2026-11-24-08-00-00-to-2026-11-24-09-00-00.csv", in the zone that is shown; an open end is now. */
export function exportName(filter, ending, zone, now) {
	const from = filter.start === undefined ? 'the-beginning' : formatTime(Number(filter.start), zone);
	return `${fileName(`callstep ${from} to ${formatTime(Number(filter.end ?? now), zone)}`)}.${ending}`;
}

/* Hands what comes to @write, portion by portion. Times of CSV are those of @zone, as on the screen. */
async function fetchAll(filter, kind, zone, signal, write) {
	const answer = await ask(`/v1/calls?${formatQuery(filter, { detail: kind.detail, spreadsheet: kind.spreadsheet, zone: kind.type === 'text/csv' ? zone : undefined })}`, { headers: { Accept: kind.type }, signal });
	const reader = answer.body.getReader();
	for (let part = await reader.read(); !part.done; part = await reader.read()) {
		await write(part.value);
	}
}

/* The same by the clock of UTC where the server has no data of the zone. */
function fetchInZone(filter, kind, zone, signal, write) {
	return fetchAll(filter, kind, zone, signal, write).catch((problem) => {
		if (problem.parameter === 'zone') {
			return fetchAll(filter, kind, undefined, signal, write);
		}
		throw problem;
	});
}

/* Where to: memory, and from there a download; or, for so many calls that memory is none for them, a file that the user names, in browsers
 * that can write one. Returns { write, close, abort }. */
async function openTarget(name, kind, total) {
	if (total > (kind.detail ? STEPS_IN_MEMORY : CALLS_IN_MEMORY) && window.showSaveFilePicker) {
		const file = await (await window.showSaveFilePicker({ suggestedName: name })).createWritable();
		return { write: (part) => file.write(part), close: () => file.close(), abort: () => file.abort() };
	}
	const parts = [];
	return { write: (part) => parts.push(part), close: () => download(name, kind.type, parts), abort: () => {} };
}

/* Nothing is saved unless all of it came. */
async function save(filter, kind, total, signal, onBytes) {
	const zone = zoneName(getSettings().zone);
	const name = exportName(filter, kind.ending, zone, Math.floor(Date.now() / 1000));
	const target = await openTarget(name, kind, total);
	let bytes = 0;
	try {
		await fetchInZone(filter, kind, zone, signal, async (part) => {
			await target.write(part);
			bytes += part.length;
			onBytes(bytes);
		});
	} catch (problem) {
		await target.abort();
		throw problem.name === 'TypeError' ? new Problem(`the download broke off after ${formatBytes(bytes)}; nothing was saved`) : problem;
	}
	await target.close();
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
			await save(filter, kind, total, abort.current.signal, (bytes) => setState({ text: formatBytes(bytes), busy: true }));
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
