// SPDX-License-Identifier: MIT
// The answer: status, time, headers, and the body to read.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { download } from '../src/format.js';
import { html } from '../src/html.js';
import { pretty } from './pretty.js';
import { isCut } from './send.js';

function size(bytes) {
	return bytes < 10_000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/* Saved with the name that its type suggests. */
function save(answer) {
	const kind = /xml/.test(answer.type) ? 'xml' : /csv/.test(answer.type) ? 'csv' : /ndjson/.test(answer.type) ? 'ndjson' : /json/.test(answer.type) ? 'json' : 'txt';
	download(`answer.${kind}`, '', answer.parts);
}

function Headers({ answer }) {
	return html`<details><summary>Headers (${answer.headers.length})</summary>
		<dl class="headers">${answer.headers.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details>`;
}

function Body({ answer }) {
	const [raw, setRaw] = useState(false);
	const cut = isCut(answer);
	const text = useMemo(() => (raw || !answer.done ? answer.text : pretty(answer.text, answer.type)), [raw, answer.text, answer.done]);
	useEffect(() => setRaw(false), [answer.type]);
	return html`
		<p class="row">
			<label><input type="checkbox" checked=${raw} onChange=${(event) => setRaw(event.target.checked)} /> as it came</label>
			<button type="button" onClick=${() => save(answer)}>Save</button>
			${cut && html`<span>The beginning; save it to have all ${size(answer.bytes)}.</span>`}
		</p>
		<pre class="answer" tabindex="0" role="region" aria-label="Body of the answer"><code>${text}</code></pre>`;
}

/* The sentence that a screen reader is told, too. */
function headline(answer) {
	if (answer.failed) {
		return answer.failed;
	}
	const state = answer.done ? '' : ' · receiving';
	return `${answer.status} ${answer.reason} · ${Math.round(answer.took)} ms · ${size(answer.bytes)} of ${answer.type.split(';')[0] || 'nothing'}${state}`;
}

function explanation(answer, operation) {
	if (answer.status === 401) {
		return 'Enter an e-mail and a key at the top of this page.';
	}
	return operation.responses.find(({ status }) => status === String(answer.status))?.description ?? '';
}

export function Answer({ answer, operation }) {
	if (!answer) {
		return null;
	}
	const good = !answer.failed && answer.status < 400;
	return html`<section class="result" aria-labelledby="answer">
		<h2 id="answer">Answer</h2>
		<p role="status" class=${good ? 'good' : 'bad'}>${headline(answer)}</p>
		${!answer.failed && !good && html`<p>${explanation(answer, operation)}</p>`}
		${!answer.failed && html`<${Headers} answer=${answer} />`}
		${answer.bytes > 0 && html`<${Body} answer=${answer} />`}
	</section>`;
}
