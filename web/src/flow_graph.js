// SPDX-License-Identifier: MIT
// The ways of calls as a graph without circles, and where its parts are drawn. Pure functions; see flow.js for what is shown.
import { sankey, sankeyJustify } from 'd3-sankey';
import { nameOf, pathOf } from './place.js';

export const NODE_WIDTH = 12;
const NODE_GAP = 14;

/* The nodes in an order in which most ways lead on: each is behind those from which more ways lead to it than back. Begin is first, ends are last. */
function orderOf({ nodes, edges }) {
	const left = new Set(nodes.map((node, index) => index).filter((index) => nodes[index].kind !== 'end'));
	const balance = (index) => edges.reduce((sum, edge) => sum + (edge.from !== edge.to && left.has(edge.from) && left.has(edge.to)
		? (edge.from === index ? edge.times : 0) - (edge.to === index ? edge.times : 0) : 0), 0);
	const order = [];
	while (left.size > 0) {
		const next = [...left].reduce((best, index) => (nodes[index].kind === 'begin' || (nodes[best].kind !== 'begin' && balance(index) > balance(best)) ? index : best));
		left.delete(next);
		order.push(next);
	}
	nodes.forEach((node, index) => node.kind === 'end' && order.push(index));
	return order;
}

/* An answer of GET /v1/flow, in parts: `ways` lead on and are drawn, `back` lead back or stay where they are. */
export function splitWays(flow) {
	const place = new Map(orderOf(flow).map((node, at) => [node, at]));
	const leadsOn = (edge) => place.get(edge.from) < place.get(edge.to);
	return { ways: flow.edges.filter((edge) => edge.times > 0 && leadsOn(edge)), back: flow.edges.filter((edge) => edge.times > 0 && !leadsOn(edge)) };
}

/* The drawing of @flow in @width: { nodes, links, back }. A node has its index in the answer as `index`, and x0 to y1; a link has `edge`. */
export function layOut(flow, width, height) {
	const { ways, back } = splitWays(flow);
	const used = new Set(ways.flatMap(({ from, to }) => [from, to]));
	const graph = sankey().nodeId((node) => node.index).nodeWidth(NODE_WIDTH).nodePadding(NODE_GAP).nodeAlign(sankeyJustify).extent([[1, 8], [width - 1, height - 8]])({
		nodes: flow.nodes.map((node, index) => ({ node, index })).filter(({ index }) => used.has(index)),
		links: ways.map((edge) => ({ source: edge.from, target: edge.to, value: edge.times, edge })),
	});
	return { nodes: graph.nodes, links: graph.links, back };
}

/* What a node is called. */
export function nodeName(node) {
	return { begin: () => 'begin', place: () => nameOf(node), others: () => `${node.places} other places`, end: () => node.outcome ?? 'not known' }[node.kind]();
}

/* The filter that finds the calls that went @edge; null where they cannot be asked for. */
export function callsOf({ nodes }, edge, filter) {
	const [from, to] = [nodes[edge.from], nodes[edge.to]];
	if (from.kind === 'others' || to.kind === 'others' || filter.path || (to.kind === 'end' && (!to.outcome || from.kind === 'begin'))) {
		return null;
	}
	const begin = from.kind === 'begin' ? 'begin' : pathOf(from);
	const end = to.kind === 'end' ? 'end' : pathOf(to);
	return begin && end ? { ...filter, path: `${begin} >> ${end}`, ...(to.kind === 'end' && { outcome: to.outcome }) } : null;
}
