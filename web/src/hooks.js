// SPDX-License-Identifier: MIT
// The account's hooks: who is told of calls. List, make, test, turn off and on, what failed, remove.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, askJson, useAnswer } from './api.js';
import { copyText } from './format.js';
import { html } from './html.js';
import { useSettings } from './settings.js';
import { Failure, Loading } from './states.js';
import { formatTime, zoneName } from './time.js';

const events = [['ends', 'a call ends'], ['begins', 'a call begins'], ['step', 'steps that the filter means'], ['threshold', 'many calls end']];
const LOOK_MS = 3000; // between two looks at how it goes

const post = (path, body, method = 'POST') => askJson(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });

export function Hooks() {
	const { data, problem, reload } = useAnswer('/v1/hooks');
	const [made, setMade] = useState(null);
	const [copied, setCopied] = useState('');
	useEffect(() => {
		const timer = setInterval(reload, LOOK_MS);
		return () => clearInterval(timer);
	}, [reload]);
	return html`
		<h1>Hooks</h1>
		<p class="muted">The server posts to a hook’s address when something happens to a call, signed with the hook’s secret.</p>
		<${Make} onMade=${(hook) => { setMade(hook); setCopied(''); reload(); }} />
		${made && html`<div class="made" role="status"><p>The secret of the new hook, by which its receiver checks signatures. It is shown this once:</p>
			<code data-testid="new-secret">${made.secret}</code> <button type="button" onClick=${() => copyText(made.secret).then(() => setCopied('Copied'), () => setCopied('Select it and copy it by hand'))}>Copy</button> ${copied}</div>`}
		${data ? html`<${Table} hooks=${data.hooks} onChanged=${reload} />` : problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : html`<${Loading} />`}`;
}

/* What the form holds, as POST /v1/hooks takes it. */
export function wantedHook(given) {
	const wanted = { name: given.get('name'), url: given.get('url').trim(), event: given.get('event'), filter: given.get('filter').trim().replace(/^\?/, '') };
	return wanted.event === 'threshold' ? { ...wanted, more_than: Number(given.get('more_than')), window: 60 * Number(given.get('minutes')), times: Number(given.get('times')) } : wanted;
}

function Make({ onMade }) {
	const form = useRef();
	const [event, setEvent] = useState('ends');
	const [problem, setProblem] = useState(null);
	const submit = async (submitted) => {
		submitted.preventDefault();
		try {
			onMade(await post('/v1/hooks', wantedHook(new FormData(form.current))));
			form.current.reset();
			setEvent('ends');
			setProblem(null);
		} catch (failure) {
			setProblem(failure);
		}
	};
	return html`
		<form class="make" ref=${form} onSubmit=${submit}>
			<label>Name <input name="name" maxlength="128" placeholder="Wallboard" /></label>
			<label>Address <input name="url" type="url" required maxlength="2048" placeholder="https://example.org/calls" /></label>
			<label>When <select name="event" onChange=${(changed) => setEvent(changed.target.value)}>${events.map(([name, what]) => html`<option key=${name} value=${name}>${what}</option>`)}</select></label>
			<label>Only calls with <input name="filter" maxlength="4096" required=${event === 'step'} placeholder="class=error&dest=*3001" /></label>
			${event === 'threshold' && html`
				<label>More than <input name="more_than" type="number" min="0" required defaultValue="20" /></label>
				<label>within minutes <input name="minutes" type="number" min="1" max="1440" required defaultValue="5" /></label>
				<label>and so many times last week’s <input name="times" type="number" min="0" max="1000" required defaultValue="0" /></label>`}
			<button>Make a hook</button>
			${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		</form>`;
}

function Table({ hooks, onChanged }) {
	const [shown, setShown] = useState(null);
	const [problem, setProblem] = useState(null);
	const act = (doing) => doing.then(() => { setProblem(null); onChanged(); }, setProblem);
	if (hooks.length === 0) {
		return html`<p>Nobody is told of calls yet.</p>`;
	}
	return html`
		${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		<div class="wide" tabindex="0" role="region" aria-label="Hooks">
			<table><thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">When</th><th scope="col">State</th><th scope="col">Told</th><th scope="col">Failures</th><th scope="col">Do</th></tr></thead>
				<tbody>${hooks.map((hook) => html`<${Row} key=${hook.id} hook=${hook} act=${act} onFailures=${() => setShown(shown === hook.id ? null : hook.id)} />`)}</tbody></table>
		</div>
		${hooks.some((hook) => hook.id === shown) && html`<${Failures} key=${shown} id=${shown} act=${act} />`}`;
}

function Row({ hook, act, onFailures }) {
	const [asked, setAsked] = useState(false);
	const zone = zoneName(useSettings().zone);
	const path = `/v1/hooks/${hook.id}`;
	const name = hook.name || `hook ${hook.id}`;
	const on = hook.state === 'on';
	return html`
		<tr class=${on ? '' : 'muted'}>
			<th scope="row">${name}</th><td>${hook.url}</td><td>${hook.event}${hook.filter && html` <code>${hook.filter}</code>`}</td>
			<td>${hook.state}${hook.testing ? ', testing' : ''}${hook.last_error && html`<br /><span class="field-problem">${hook.last_error}</span>`}
				${hook.last_try && html`<br />${formatTime(hook.last_try, zone)}`}</td>
			<td>${hook.told}</td>
			<td><button type="button" class="link" onClick=${onFailures} aria-label=${`${hook.failures} failures of ${name}`}>${hook.failures}</button></td>
			<td><button type="button" onClick=${() => act(ask(`${path}/test`, { method: 'POST' }))} aria-label=${`Test ${name}`}>Test</button>${' '}
				<button type="button" onClick=${() => act(post(path, { state: on ? 'off' : 'on' }, 'PATCH'))} aria-label=${`Turn ${name} ${on ? 'off' : 'on'}`}>${on ? 'Off' : 'On'}</button>${' '}
				${asked ? html`<button type="button" class="danger" onClick=${() => act(ask(path, { method: 'DELETE' }))}>Remove for ever</button> <button type="button" class="link" onClick=${() => setAsked(false)}>Keep</button>`
					: html`<button type="button" onClick=${() => setAsked(true)} aria-label=${`Remove ${name}`}>Remove …</button>`}</td>
		</tr>`;
}

function Failures({ id, act }) {
	const zone = zoneName(useSettings().zone);
	const { data, problem, reload } = useAnswer(`/v1/hooks/${id}/failures`);
	const resend = (which) => act(ask(`/v1/hooks/${id}/failures/${which}/resend`, { method: 'POST' }).then(reload));
	if (!data) {
		return problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : html`<${Loading} />`;
	}
	return html`
		<h2>What was not taken</h2>
		${data.failures.length === 0 ? html`<p>Nothing.</p>` : html`
			<p><button type="button" onClick=${() => resend('all')}>Send all again</button></p>
			<div class="wide" tabindex="0" role="region" aria-label="Failures"><table>
				<thead><tr><th scope="col">Call</th><th scope="col">What</th><th scope="col">Last try</th><th scope="col">Tries</th><th scope="col">Why</th><th scope="col">Do</th></tr></thead>
				<tbody>${data.failures.map((failure) => html`
					<tr key=${failure.id}><th scope="row"><a href=${`#/call/${encodeURIComponent(failure.session_id)}`}>${failure.session_id}</a></th><td>${failure.type}</td>
						<td>${formatTime(failure.last_try, zone)}</td><td>${failure.tries}</td><td>${failure.error}</td>
						<td>${failure.resending ? 'being sent' : html`<button type="button" onClick=${() => resend(failure.id)} aria-label=${`Send ${failure.session_id} again`}>Send again</button>`}</td></tr>`)}</tbody></table></div>`}`;
}
