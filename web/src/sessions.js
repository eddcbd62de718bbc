// SPDX-License-Identifier: MIT
// The browsers that stay signed in: with the scope admin those of the account, otherwise those of the key.
import { useState } from 'preact/hooks';
import { ask, leave, useAnswer } from './api.js';
import { html } from './html.js';
import { getSession } from './session.js';
import { useSettings } from './settings.js';
import { Empty, Failure, Loading } from './states.js';
import { formatTime, zoneName } from './time.js';

export function Sessions() {
	const { data, problem, reload } = useAnswer('/v1/sessions');
	return html`
		<h1>Where you stay signed in</h1>
		${problem ? html`<${Failure} problem=${problem} onRetry=${reload} />` : !data ? html`<${Loading} />`
			: data.sessions.length === 0 ? html`<${Empty} title="Nobody stays signed in" hint="Tick “Stay signed in on this computer” when you sign in." />`
				: html`<${Table} sessions=${data.sessions} onChanged=${reload} />`}`;
}

function Table({ sessions, onChanged }) {
	const zone = zoneName(useSettings().zone);
	const [problem, setProblem] = useState(null);
	const when = (time) => (time ? formatTime(time, zone) : '–');
	const end = ({ id, own }) => {
		if (own && getSession()?.cookie) {
			leave();
			return;
		}
		ask(`/v1/sessions/${id}`, { method: 'DELETE' }).then(onChanged, setProblem);
	};
	return html`
		${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
		<div class="wide" tabindex="0" role="region" aria-label="Sessions">
			<table><thead><tr><th scope="col">Browser</th><th scope="col">Key</th><th scope="col">Since</th><th scope="col">Last used</th><th scope="col">Ends</th><th scope="col">End it</th></tr></thead>
				<tbody>${sessions.map((session) => html`
					<tr key=${session.id}>
						<th scope="row">${session.label || '(no name)'}${session.own ? ', this one' : ''}</th><td>${session.key}</td><td>${when(session.created)}</td><td>${when(session.last_used)}</td>
						<td>${when(session.expires)}</td>
						<td><button type="button" onClick=${() => end(session)} aria-label=${`Sign out ${session.label || session.id}`}>Sign out</button></td>
					</tr>`)}</tbody></table>
		</div>`;
}
