// SPDX-License-Identifier: MIT
// The account's keys: list, make, revoke.
import { useRef, useState } from 'preact/hooks';
import { ask, askJson, useAnswer } from './api.js';
import { copyText } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { Failure, Loading } from './states.js';
import { formatTime, zoneName } from './time.js';

const scopes = [['read', 'ask for calls'], ['write', 'store calls'], ['admin', 'make and revoke keys']];

export function Keys() {
	const [cursor, setCursor] = useState(null);
	const { data, problem, reload } = useAnswer(cursor === null ? '/v1/keys' : `/v1/keys?cursor=${encodeURIComponent(cursor)}`);
	const [made, setMade] = useState(null);
	const [copied, setCopied] = useState('');
	return html`
		<h1>Keys</h1>
		<${Make} onMade=${(key) => { setMade(key); setCopied(''); reload(); }} />
		${made && html`<div class="made" role="status"><p>The new key. It is shown this once and stored nowhere in clear:</p>
			<code data-testid="new-key">${made.key}</code> <button type="button" onClick=${() => copyText(made.key).then(() => setCopied('Copied'), () => setCopied('Select it and copy it by hand'))}>Copy</button> ${copied}</div>`}
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : data ? html`<${Table} keys=${data.keys} onChanged=${reload} />` : html`<${Loading} />`}
		${(cursor !== null || data?.next) && html`<p>
			<button type="button" disabled=${cursor === null} onClick=${() => setCursor(null)}>The first keys</button>${' '}
			<button type="button" disabled=${!data?.next} onClick=${() => setCursor(data.next)}>The next keys</button></p>`}`;
}

function Make({ onMade }) {
	const form = useRef();
	const [problem, setProblem] = useState(null);
	const submit = async (event) => {
		event.preventDefault();
		const given = new FormData(form.current);
		try {
			const body = JSON.stringify({ label: given.get('label'), scopes: given.getAll('scope') });
			onMade(await askJson('/v1/keys', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }));
			form.current.reset();
			setProblem(null);
		} catch (failure) {
			setProblem(failure);
		}
	};
	return html`
		<form class="make" ref=${form} onSubmit=${submit}>
			<label>Label <input name="label" required maxlength="128" placeholder="Reports on the wallboard" /></label>
			<fieldset><legend>Allowed to</legend>${scopes.map(([name, what]) => html`<label key=${name}><input type="checkbox" name="scope" value=${name} defaultChecked=${name === 'read'} /> ${name}: ${what}</label>`)}</fieldset>
			<button>Make a key</button>
			${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		</form>`;
}

function Table({ keys, onChanged }) {
	const zone = zoneName(useSettings().zone);
	const [asked, setAsked] = useState(null);
	const [problem, setProblem] = useState(null);
	const when = (time) => (time ? formatTime(time, zone) : '–');
	const revoke = (key) => ask(`/v1/keys/${key.id}`, { method: 'DELETE' }).then(() => { setAsked(null); onChanged(); }, setProblem);
	return html`
		${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		<div class="wide" tabindex="0" role="region" aria-label="Keys">
			<table><thead><tr><th scope="col">Label</th><th scope="col">Allowed to</th><th scope="col">Made</th><th scope="col">Last used</th><th scope="col">State</th></tr></thead>
				<tbody>${keys.map((key) => html`
					<tr key=${key.id} class=${key.revoked ? 'muted' : ''}>
						<th scope="row">${key.label || '(no label)'}</th><td>${key.scopes.join(', ')}</td><td>${when(key.created)}</td><td>${when(key.last_used)}</td>
						<td>${key.revoked ? `revoked ${when(key.revoked)}` : asked === key.id
							? html`<button type="button" class="danger" onClick=${() => revoke(key)}>Revoke for ever</button> <button type="button" class="link" onClick=${() => setAsked(null)}>Keep</button>`
							: html`<button type="button" onClick=${() => setAsked(key.id)} aria-label=${`Revoke ${key.label}`}>Revoke …</button>`}</td>
					</tr>`)}</tbody></table>
		</div>`;
}
