// SPDX-License-Identifier: MIT
// A file of calls into the store, with its progress and, line by line, what was refused.
import { useEffect, useRef, useState } from 'preact/hooks';
import { countOf, formatBytes } from './format.js';
import { html } from './html.js';
import { credentialsOf, getSession } from './session.js';

const LOOKED_AT = 1 << 20; // as long as a call may be

/* Whether the first line is a whole object and another begins behind it, whatever the file is called. */
async function hasLines(file) {
	const [, first, next] = /^\s*([^\n]*)\n\s*(.)?/.exec(await file.slice(0, LOOKED_AT).text()) ?? [];
	try {
		return next === '{' && typeof JSON.parse(first) === 'object';
	} catch {
		return false;
	}
}

/* What a file is, by its first bytes, its name and its first line. */
async function kindOf(file) {
	const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
	const gzip = head[0] === 0x1f && head[1] === 0x8b;
	const zstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
	const lines = /\.(ndjson|jsonl)(\.(gz|zst))?$/i.test(file.name) || (!gzip && !zstd && await hasLines(file));
	return { type: lines ? 'application/x-ndjson' : 'application/json', coding: gzip ? 'gzip' : zstd ? 'zstd' : null };
}

/* fetch tells no progress of what is sent. */
function post(file, kind, onProgress) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open('POST', '/v1/calls');
		Object.entries(credentialsOf(getSession()).headers).forEach(([name, value]) => request.setRequestHeader(name, value));
		request.setRequestHeader('Content-Type', kind.type);
		if (kind.coding) {
			request.setRequestHeader('Content-Encoding', kind.coding);
		}
		request.upload.onprogress = (event) => onProgress(event.loaded);
		request.onerror = () => reject(new Error('the server does not answer'));
		request.onload = () => {
			try {
				resolve(JSON.parse(request.responseText));
			} catch {
				reject(new Error(`the server answered ${request.status}`));
			}
		};
		request.send(file);
	});
}

export function Import() {
	const [files, setFiles] = useState([]);
	const [over, setOver] = useState(false);
	const input = useRef();
	const update = (file, change) => setFiles((before) => before.map((one) => (one.file === file ? { ...one, ...change } : one)));
	const take = async (list) => {
		const added = [...list].map((file) => ({ file, sent: 0, result: null, problem: null }));
		setFiles((before) => [...added, ...before]);
		for (const { file } of added) {
			try {
				update(file, { result: await post(file, await kindOf(file), (sent) => update(file, { sent })) });
			} catch (problem) {
				update(file, { problem });
			}
		}
	};
	const latest = useRef(take);
	latest.current = take;
	/* Beside the box, too: the browser would leave the page and show the file. */
	useEffect(() => {
		const hover = (event) => {
			event.preventDefault();
			setOver(true);
		};
		const leave = (event) => event.relatedTarget || setOver(false);
		const drop = (event) => {
			event.preventDefault();
			setOver(false);
			latest.current(event.dataTransfer.files);
		};
		const listeners = Object.entries({ dragover: hover, dragleave: leave, drop });
		listeners.forEach(([name, listener]) => addEventListener(name, listener));
		return () => listeners.forEach(([name, listener]) => removeEventListener(name, listener));
	}, []);
	return html`
		<h1>Import</h1>
		<div class=${`drop ${over ? 'over' : ''}`}>
			<p>Drop files here, or <button type="button" onClick=${() => input.current.click()}>choose files</button></p>
			<p class="muted">A document of this API ({"calls":[…]}), one call, or NDJSON with a call a line (.ndjson, .jsonl); gzip and zstd are read too. The same call twice is one call.</p>
			<label class="hidden" for="files">Files of calls</label>
			<input id="files" class="hidden" type="file" multiple ref=${input} tabindex="-1" onChange=${(event) => take(event.target.files)} />
		</div>
		${files.map((one, index) => html`<${Outcome} key=${index} ...${one} />`)}`;
}

function Outcome({ file, sent, result, problem }) {
	const done = result || problem;
	return html`
		<section class="outcome" aria-label=${file.name}>
			<h2>${file.name} <span class="muted">${formatBytes(file.size)}</span></h2>
			${!done && html`<progress max=${file.size || 1} value=${sent} aria-label=${`Sending ${file.name}`}></progress>`}
			<p role="status">${problem ? problem.message : result ? summary(result) : sent < file.size ? `${formatBytes(sent)} sent` : 'Storing …'}</p>
			${result?.rejected?.length > 0 && html`<${Rejects} result=${result} />`}
		</section>`;
}

function summary(result) {
	const counts = result.accepted === undefined ? '' : `${countOf(result.accepted, 'call')} stored, ${result.replaced} of them replaced, ${(result.rejected?.length ?? 0) + (result.rejected_more ?? 0)} refused.`;
	const old = [
		result.old_calls > 0 && `${countOf(result.old_calls, 'call')} will not be seen: older than the account’s calls are kept.`,
		result.old_detail > 0 && `${countOf(result.old_detail, 'call')} will be seen without steps: older than these are kept.`,
	];
	return [result.detail && `${result.detail}.`, counts, ...old].filter(Boolean).join(' ');
}

function Rejects({ result }) {
	return html`
		<div class="wide" tabindex="0" role="region" aria-label="Refused calls">
			<table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Session</th><th scope="col">Why</th></tr></thead>
				<tbody>${result.rejected.map((reject) => html`<tr key=${reject.line}><td class="number">${reject.line}</td><td>${reject.session_id || '–'}</td><td>${reject.error}</td></tr>`)}</tbody></table>
		</div>
		${result.rejected_more && html`<p>${countOf(result.rejected_more, 'more call')} refused, not listed.</p>`}`;
}
