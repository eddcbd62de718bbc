// SPDX-License-Identifier: MIT
// One request: what it is for, its form, what it looks like as a program, and its answer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../src/html.js';
import { useSession } from '../src/session.js';
import { Answer } from './answer.js';
import { Form } from './form.js';
import { Line, Prose } from './prose.js';
import { fromHash, missingIn, requestOf, toHash } from './request.js';
import { SAMPLES } from './samples.js';
import { Members } from './schema.js';
import { send } from './send.js';

const now = () => Math.floor(Date.now() / 1000);

export function Operation({ openapi, operation, hash }) {
	const session = useSession();
	const [values, setValues] = useState(() => fromHash(operation, hash, now()));
	const [answer, setAnswer] = useState(null);
	const abort = useRef(null);
	useEffect(() => () => abort.current?.abort(), []);
	useEffect(() => {
		if (hash !== toHash(operation, values)) {
			setValues(fromHash(operation, hash, now()));
		}
	}, [hash]);
	/* The address follows the form, so that it can be passed on at any time. */
	const change = (changed) => {
		setValues(changed);
		history.replaceState(null, '', toHash(operation, changed));
	};
	const request = requestOf(operation, values, location.origin);
	const missing = missingIn(operation, values);
	const run = () => {
		history.replaceState(null, '', toHash(operation, values));
		abort.current?.abort();
		abort.current = new AbortController();
		send(request, session, abort.current.signal, setAnswer);
	};
	return html`
		<article>
			<h1><span class=${`method method-${operation.method}`}>${operation.method}</span> <code>${operation.path}</code></h1>
			<p class="summary">${operation.summary}</p>
			<${Prose} text=${operation.description} />
			<${Form} operation=${operation} values=${values} onChange=${change} onRun=${run} missing=${missing} />
			<${Running} answer=${answer} onStop=${() => abort.current.abort()} />
			<${Answer} answer=${answer} operation=${operation} />
			<${Samples} request=${request} email=${session?.email ?? 'me@example.com'} />
			<${Responses} openapi=${openapi} operation=${operation} />
		</article>`;
}

function Running({ answer, onStop }) {
	return answer && !answer.done && html`<p><button type="button" onClick=${onStop}>Stop receiving</button></p>`;
}

function Samples({ request, email }) {
	const [name, setName] = useState('curl');
	const [said, setSaid] = useState('');
	const text = SAMPLES.find((sample) => sample.name === name).make(request, email);
	const copy = () => navigator.clipboard.writeText(text).then(() => setSaid('Copied'), () => setSaid('The browser did not let it be copied'));
	return html`
		<section aria-labelledby="samples">
			<h2 id="samples">As a program</h2>
			<div class="tabs" role="group" aria-label="Language">
				${SAMPLES.map((sample) => html`<button type="button" key=${sample.name} aria-pressed=${sample.name === name} onClick=${() => setName(sample.name)}>${sample.name}</button>`)}
				<button type="button" onClick=${copy}>Copy</button> <span role="status" class="muted">${said}</span>
			</div>
			<pre tabindex="0" role="region" aria-label=${`The request in ${name}`} data-testid="sample"><code>${text}</code></pre>
			${!request.open && html`<p class="muted">The key is read from the environment: <code>export CALLSTEP_KEY=…</code></p>`}
		</section>`;
}

function Responses({ openapi, operation }) {
	return html`
		<section aria-labelledby="responses">
			<h2 id="responses">What it answers</h2>
			<ul class="responses">${operation.responses.map((response) => html`<li key=${response.status}>
				<details><summary><b>${response.status}</b> <${Line} text=${response.description} /></summary>
					${Object.entries(response.content ?? {}).map(([type, media]) => html`<div key=${type}><p class="muted"><code>${type}</code></p>
						${media.schema && html`<${Members} document=${openapi} schema=${media.schema} />`}</div>`)}
				</details></li>`)}</ul>
		</section>`;
}
