// SPDX-License-Identifier: MIT
// The form of a request: a field for each parameter, what is to be answered, and the body.
import { useState } from 'preact/hooks';
import { askJson } from '../src/api.js';
import { html } from '../src/html.js';
import { useSession } from '../src/session.js';
import { Line } from './prose.js';
import { bodyTypes, NEWEST, withType } from './request.js';

export function Form({ operation, values, onChange, onRun, missing }) {
	const types = bodyTypes(operation);
	const submit = (event) => {
		event.preventDefault();
		onRun();
	};
	const set = (name, value) => onChange({ ...values, parameters: { ...values.parameters, [name]: value } });
	return html`
		<form class="request" onSubmit=${submit}>
			${operation.parameters.map((parameter) => html`<${Field} key=${parameter.name} parameter=${parameter} value=${values.parameters[parameter.name]}
				onChange=${(value) => set(parameter.name, value)} />`)}
			${operation.accepts.length > 1 && html`<${Choice} label="Accept" hint="in which form the answer comes" value=${values.accept} options=${operation.accepts}
				onChange=${(accept) => onChange({ ...values, accept })} />`}
			${types.length > 1 && html`<${Choice} label="Content-Type" hint="in which form the body goes" value=${values.type} options=${types}
				onChange=${(type) => onChange(withType(operation, values, type, Math.floor(Date.now() / 1000)))} />`}
			${types.length > 0 && html`<label class="parameter"><span class="parameter-name">Body</span>
				<textarea rows="12" spellcheck=${false} value=${values.body} onInput=${(event) => onChange({ ...values, body: event.target.value })}></textarea></label>`}
			<p class="row"><button class="primary" disabled=${missing.length > 0}>Send</button>
				<${CopyAddress} />
				${missing.length > 0 && html`<span class="muted">${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} still missing</span>`}</p>
		</form>`;
}

function Choice({ label, hint, value, options, onChange }) {
	return html`<label class="parameter"><span class="parameter-name">${label}</span>
		<select value=${value} onChange=${(event) => onChange(event.target.value)}>${options.map((option) => html`<option key=${option} value=${option}>${option}</option>`)}</select>
		<span class="hint">${hint}</span></label>`;
}

/* A schema with few values is a choice; anything else is typed, wrong values too: the server's own sentence is part of the documentation. */
function Field({ parameter, value, onChange }) {
	const options = parameter.schema?.enum ?? (parameter.schema?.type === 'boolean' ? [true, false] : null);
	const about = `about-${parameter.name}`;
	return html`
		<div class="parameter">
			<label class="parameter-name" for=${`parameter-${parameter.name}`}>${parameter.name}${parameter.required ? '' : html` <span class="muted">optional</span>`}</label>
			${options
				? html`<select id=${`parameter-${parameter.name}`} aria-describedby=${about} value=${value} onChange=${(event) => onChange(event.target.value)}>
					<option value="">–</option>${options.map((option) => html`<option key=${option} value=${String(option)}>${String(option)}</option>`)}</select>`
				: html`<input id=${`parameter-${parameter.name}`} aria-describedby=${about} value=${value} spellcheck=${false} autocomplete="off"
					placeholder=${parameter.example === undefined ? '' : `e.g. ${[parameter.example].flat().join(',')}`} onInput=${(event) => onChange(event.target.value)} />`}
			<span class="hint" id=${about}><${Line} text=${parameter.description} /><${Time} value=${value} /><${Newest} parameter=${parameter} onChange=${onChange} /></span>
		</div>`;
}

/* UNIX seconds in words. */
function Time({ value }) {
	return /^\d{9,11}$/.test(value) && html` <span class="muted">${new Date(Number(value) * 1000).toISOString().replace('.000Z', 'Z')}</span>`;
}

/* Nobody knows a session_id by heart. */
function Newest({ parameter, onChange }) {
	const session = useSession();
	const take = () => askJson('/v1/calls?limit=1').then(({ calls }) => calls.length && onChange(calls[0].session_id), () => {});
	return session && parameter['x-fill'] === NEWEST && html` <button type="button" class="link" onClick=${take}>Take the newest call</button>`;
}

/* The address holds the filled-in request: everyone who opens it has the same form, with other credentials. */
function CopyAddress() {
	const [said, setSaid] = useState('');
	const copy = () => navigator.clipboard.writeText(location.href).then(() => setSaid('Copied'), () => setSaid('The browser did not let it be copied'));
	return html`<button type="button" onClick=${copy}>Copy this page’s address</button><span role="status" class="muted">${said}</span>`;
}
