// SPDX-License-Identifier: MIT
// The API's documentation, made of /openapi.json: read about a request, build it, send it to this very server, read the answer.
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useHash } from '../src/address.js';
import { html } from '../src/html.js';
import { applyTheme } from '../src/settings.js';
import { Account } from './account.js';
import { groupsOf, operationsOf } from './document.js';
import { Operation } from './operation.js';
import { Prose } from './prose.js';
import { hashOperation } from './request.js';
import '../src/style.css';
import './docs.css';

function useDocument() {
	const [state, setState] = useState({});
	useEffect(() => {
		fetch('/openapi.json').then((answer) => answer.json()).then((document) => setState({ document }), (problem) => setState({ problem }));
	}, []);
	return state;
}

function Menu({ groups, chosen }) {
	return html`<nav class="operations" aria-label="Requests">
		${groups.map((group) => html`<section key=${group.name}><h2>${group.name}</h2><ul>
			${group.operations.map((operation) => html`<li key=${operation.id}>
				<a href=${`#/${operation.id}`} aria-current=${operation.id === chosen ? 'page' : undefined}>
					<span class=${`method method-${operation.method}`}>${operation.method}</span> <span class="path">${operation.path}</span></a></li>`)}
		</ul></section>`)}
	</nav>`;
}

function Page() {
	const { document: openapi, problem } = useDocument();
	const hash = useHash();
	const operations = useMemo(() => (openapi ? operationsOf(openapi) : []), [openapi]);
	const groups = useMemo(() => (openapi ? groupsOf(openapi, operations) : []), [openapi]);
	const chosen = operations.find((operation) => operation.id === hashOperation(hash)) ?? operations[0];
	if (!openapi) {
		return html`<main class="state">${problem ? 'The server does not answer. Is it running?' : 'Loading …'}</main>`;
	}
	return html`
		<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main').focus(); }}>Skip to the request</a>
		<header class="top"><a class="brand" href="/"><span class="logo" aria-hidden="true"></span>callstep</a> <span class="muted">API ${openapi.info.version}</span>
			<div class="top-end"><a href="/openapi.json">openapi.json</a><${Account} /></div></header>
		<div class="docs">
			<${Menu} groups=${groups} chosen=${chosen.id} />
			<main id="main" tabindex="-1">
				<${Operation} key=${chosen.id} openapi=${openapi} operation=${chosen} hash=${hash} />
				<details class="about"><summary>About this API</summary><${Prose} text=${openapi.info.description} /></details>
			</main>
		</div>`;
}

applyTheme();
render(html`<${Page} />`, document.getElementById('app'));
