// SPDX-License-Identifier: MIT
// What stands where something could be: nothing there, on its way, gone wrong. Each says what to do.
import { useEffect } from 'preact/hooks';
import { html } from './html.js';

/* @alone: nothing else is on the page that has a heading. */
export function Empty({ title, hint, alone = false, children }) {
	return html`<div class="state">${alone ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}<p>${hint}</p>${children}</div>`;
}

export function Loading({ what = 'Loading' }) {
	return html`<div class="state muted" role="status">${what} …</div>`;
}

const advice = {
	0: 'Check that callstep runs and that you reach it, then try again.',
	401: 'Sign in again.',
	403: 'This key may not do that. Ask who gave it to you for another one.',
	429: 'Wait for answers that are under way, then try again.',
	503: 'Ask for a shorter window, or try again in a while.',
	500: 'The server’s log says what failed.',
};

/* Where no answer came, it is asked again as soon as this computer is online. What a key may not do is not asked again. */
export function Failure({ problem, onRetry, alone = false }) {
	useEffect(() => {
		if (problem.status !== 0 || !onRetry) {
			return undefined;
		}
		addEventListener('online', onRetry);
		return () => removeEventListener('online', onRetry);
	}, [problem, onRetry]);
	const title = problem.status === 0 ? 'No answer' : 'That did not work';
	return html`
		<div class="state failure" role="alert">
			${alone ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}
			<p>${problem.message}</p>
			${advice[problem.status] && html`<p class="muted">${advice[problem.status]}</p>`}
			${onRetry && problem.status !== 401 && problem.status !== 403 && html`<button type="button" onClick=${onRetry}>Try again</button>`}
		</div>`;
}
