// SPDX-License-Identifier: MIT
// The page: who is signed in, and which view the address names.
import { Component, render } from 'preact';
import { useEffect } from 'preact/hooks';
import { formatAddress, useAddress } from './address.js';
import { resume } from './api.js';
import { Audit } from './audit.js';
import { Call } from './call.js';
import { Calls } from './calls.js';
import { Compare } from './compare.js';
import { DropOff } from './dropoff.js';
import { Hooks } from './hooks.js';
import { html } from './html.js';
import { Import } from './import.js';
import { Keys } from './keys.js';
import { Live } from './live.js';
import './menus.js';
import { Places } from './places.js';
import { mayStayIn, useSession } from './session.js';
import { applyTheme } from './settings.js';
import { Shell } from './shell.js';
import { Retention } from './retention.js';
import { Sessions } from './sessions.js';
import { SignIn } from './sign_in.js';
import { Empty, Loading } from './states.js';
import { Statistics } from './statistics.js';
import './style.css';

const views = {
	calls: { title: 'Calls', draw: ({ query }) => html`<h1 class="hidden">Calls</h1><${Calls} query=${query} />` },
	call: { title: 'Call', draw: ({ path, query }) => html`<${Call} session=${path[1] ?? ''} query=${query} />` },
	compare: { title: 'Compare', draw: ({ path }) => html`<${Compare} a=${path[1]} b=${path[2]} />` },
	live: { title: 'Live', draw: ({ query }) => html`<${Live} query=${query} />` },
	statistics: { title: 'Statistics', draw: ({ query }) => html`<${Statistics} query=${query} />` },
	places: { title: 'Where time goes', draw: ({ query }) => html`<${Places} query=${query} />` },
	dropoff: { title: 'Drop-off', draw: ({ query }) => html`<${DropOff} query=${query} />` },
	import: { title: 'Import', draw: () => html`<${Import} />` },
	keys: { title: 'Keys', draw: () => html`<${Keys} />` },
	hooks: { title: 'Hooks', draw: () => html`<${Hooks} />` },
	audit: { title: 'Audit trail', draw: ({ query }) => html`<${Audit} query=${query} />` },
	retention: { title: 'How long calls are kept', draw: () => html`<${Retention} />` },
	sessions: { title: 'Where you stay signed in', draw: () => html`<${Sessions} />` },
};

/* A failure of ours in one view is told there, and the others go on. */
class Guard extends Component {
	componentDidCatch(error) {
		console.error(error);
		this.setState({ error });
	}

	componentDidUpdate(before) {
		if (before.view !== this.props.view && this.state.error) {
			this.setState({ error: null });
		}
	}

	render({ children }, { error }) {
		return error ? html`<div class="state failure" role="alert"><h2>This view has failed</h2><p>${String(error.message ?? error)}</p>
			<p><button type="button" onClick=${() => location.reload()}>Load the page again</button></p></div>` : children;
	}
}

function Page() {
	const session = useSession();
	const address = useAddress();
	const name = address.path[0] ?? 'calls';
	const view = views[name];
	useEffect(() => {
		document.title = [address.path[1], view?.title, 'callstep'].filter(Boolean).join(' · ');
	}, [name, address.path[1]]);
	if (!session) {
		return mayStayIn() ? html`<main class="sign-in"><${Loading} /></main>` : html`<${SignIn} />`;
	}
	return html`<${Shell} view=${name} query=${address.query} session=${session}>
		<${Guard} view=${name}>${view ? view.draw(address) : html`<${Empty} alone title="There is no such view" hint="The address names none."><p><a href="#/calls">All calls</a></p></${Empty}>`}</${Guard}>
	</${Shell}>`;
}

/* Who comes without an address sees the last day. */
if (location.hash === '') {
	history.replaceState(null, '', formatAddress(['calls'], { start: '-24h' }));
}

applyTheme();
resume();
render(html`<${Page} />`, document.getElementById('app'));
