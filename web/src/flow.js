// SPDX-License-Identifier: MIT
// The ways of calls as a picture: from their begin over their places to how they ended. Each way is a link to its calls.
import { sankeyLinkHorizontal } from 'd3-sankey';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatAddress } from './address.js';
import { useAnswer } from './api.js';
import { formatQuery } from './filter.js';
import { callsOf, layOut, nodeName } from './flow_graph.js';
import { callsLookedAt, countOf, formatNumber } from './format.js';
import { html } from './html.js';
import { lostOutcomes } from './outcome.js';
import { Empty, Failure, Loading } from './states.js';
import { formatLength } from './time.js';

const PLACES = 18; // that stand for themselves
const WIDTH_MIN = 720;
const ROW_HEIGHT = 28; // of a place, about
const LISTED = 200;

const isLost = (node) => node.kind === 'end' && lostOutcomes.includes(node.outcome);

/* @before is the window beside, or null. */
export function Flow({ pinned, before, filter }) {
	const compared = before ? { compare_start: before.start, compare_end: before.end } : {};
	const { data, problem, loading, reload } = useAnswer(`/v1/flow?${formatQuery(pinned, { limit: PLACES, ...compared })}`);
	if (problem) {
		return html`<${Failure} problem=${problem} onRetry=${reload} />`;
	}
	if (!data) {
		return html`<${Loading} what="Reading the steps of all these calls" />`;
	}
	if (data.edges.length === 0) {
		return html`<${Empty} title="No way to follow" hint=${`${callsLookedAt(data)}. Take a filter away or choose a longer window.`} />`;
	}
	return html`<div class=${loading ? 'stale' : ''}><${Picture} flow=${data} filter=${filter} /><${Ways} flow=${data} filter=${filter} compared=${Boolean(before)} /></div>`;
}

function useWidth(box) {
	const [width, setWidth] = useState(WIDTH_MIN);
	useLayoutEffect(() => {
		const measure = () => box.current && setWidth(Math.max(WIDTH_MIN, box.current.clientWidth));
		const observer = new ResizeObserver(measure);
		observer.observe(box.current);
		measure();
		return () => observer.disconnect();
	}, []);
	return width;
}

function Picture({ flow, filter }) {
	const box = useRef();
	const width = useWidth(box);
	const height = Math.max(320, flow.nodes.length * ROW_HEIGHT);
	const { nodes, links, back } = useMemo(() => layOut(flow, width, height), [flow, width]);
	const others = flow.nodes.find((node) => node.kind === 'others');
	const draw = sankeyLinkHorizontal();
	return html`
		<p class="total" role="status">${callsLookedAt(flow)}${others ? `; the ${formatNumber(flow.places_total - others.places)} places with most visits stand for themselves, ${formatNumber(others.places)} stand together` : ''}${back.length > 0 ? `; ${countOf(back.length, 'way')} back ${back.length === 1 ? 'is' : 'are'} not drawn, the list below has them` : ''}</p>
		<div class="wide flow" tabindex="0" role="region" aria-label="Ways of calls" ref=${box}>
			<svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="group" aria-label="Ways from place to place">
				${links.map((link) => html`<${Way} key=${`${link.edge.from} ${link.edge.to}`} flow=${flow} link=${link} path=${draw(link)} filter=${filter} />`)}
				${nodes.map((place) => html`<${Bar} key=${`bar ${place.index}`} place=${place} />`)}
				${nodes.map((place) => html`<${Label} key=${`label ${place.index}`} place=${place} left=${place.x0 > width * 0.6} />`)}
			</svg>
		</div>`;
}

function wayText(flow, edge) {
	const { from, to, times, time, compared } = edge;
	return `${nodeName(flow.nodes[from])} to ${nodeName(flow.nodes[to])}: ${countOf(times, 'time')}, typically after ${formatLength(time.p50)}${compared ? `; earlier ${countOf(compared.times, 'time')}` : ''}`;
}

function Way({ flow, link, path, filter }) {
	const asked = callsOf(flow, link.edge, filter);
	const said = wayText(flow, link.edge);
	const drawn = html`<path class=${`way${isLost(flow.nodes[link.edge.to]) ? ' lost' : ''}`} d=${path} stroke-width=${Math.max(1, link.width)}><title>${said}</title></path>`;
	return asked ? html`<a href=${formatAddress(['calls'], asked)} aria-label=${said}>${drawn}</a>` : drawn;
}

function Bar({ place: { node, x0, x1, y0, y1 } }) {
	return html`<rect class=${`flow-bar ${isLost(node) ? 'lost' : node.kind}`} x=${x0} y=${y0} width=${x1 - x0} height=${Math.max(1, y1 - y0)}><title>${nodeName(node)}: ${countOf(node.visits, 'visit')}</title></rect>`;
}

/* Over all bars, short: the bar says the whole name. */
function Label({ place: { node, x0, x1, y0, y1 }, left }) {
	return html`<text class="flow-label" x=${left ? x0 - 5 : x1 + 5} y=${(y0 + y1) / 2} dy=".35em" text-anchor=${left ? 'end' : 'start'}>${node.variable || nodeName(node)} <tspan>${formatNumber(node.visits)}</tspan></text>`;
}

/* All ways in words, for those who do not see the picture, and for what cannot be drawn. */
function Ways({ flow, filter, compared }) {
	const edges = flow.edges.slice(0, LISTED);
	return html`
		<h2>All ways</h2>
		${flow.edges.length > LISTED && html`<p class="muted">The ${LISTED} that were gone most often, of ${formatNumber(flow.edges.length)}.</p>`}
		<div class="wide" tabindex="0" role="region" aria-label="Ways in words">
			<table class="ways">
				<thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Times</th><th scope="col" class="number">Calls</th>${compared && html`<th scope="col" class="number">Earlier, times</th>`}<th scope="col" class="number" title="Half of the times it took less">Typically after</th></tr></thead>
				<tbody>${edges.map((edge) => {
					const asked = callsOf(flow, edge, filter);
					return html`<tr key=${`${edge.from} ${edge.to}`} class=${isLost(flow.nodes[edge.to]) ? 'lost' : ''}>
						<td>${nodeName(flow.nodes[edge.from])}</td><td>${nodeName(flow.nodes[edge.to])}</td><td class="number">${formatNumber(edge.times)}</td>
						<td class="number">${edge.calls === null ? '–' : asked ? html`<a href=${formatAddress(['calls'], asked)}>${formatNumber(edge.calls)}</a>` : formatNumber(edge.calls)}</td>
						${compared && html`<td class="number">${formatNumber(edge.compared.times)}</td>`}<td class="number">${formatLength(edge.time.p50)}</td></tr>`;
				})}</tbody>
			</table>
		</div>`;
}
