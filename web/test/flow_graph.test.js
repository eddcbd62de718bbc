// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOf, layOut, nodeName, splitWays } from '../src/flow_graph.js';

const place = (variable) => ({ kind: 'place', module: 'menu', variable, calls: 10, visits: 12 });
const way = (from, to, times) => ({ from, to, times, calls: times, time: { p50: 1, p95: 2, sum: times } });
const FLOW = {
	nodes: [{ kind: 'begin', calls: 10, visits: 10 }, place('language'), place('main'), { kind: 'others', places: 3, calls: null, visits: 4 },
		{ kind: 'end', outcome: 'completed', calls: 8, visits: 8 }, { kind: 'end', outcome: null, calls: 2, visits: 2 }],
	edges: [way(0, 1, 10), way(1, 2, 10), way(2, 1, 2), way(2, 2, 1), way(2, 3, 4), way(3, 4, 4), way(2, 4, 4), way(2, 5, 2)],
};

test('ways that lead back or stay are not drawn, and are told', () => {
	const { ways, back } = splitWays(FLOW);
	assert.deepEqual(back.map(({ from, to }) => [from, to]), [[2, 1], [2, 2]]);
	assert.equal(ways.length + back.length, FLOW.edges.length);
});

test('a graph of circles alone is laid out', () => {
	const nodes = [place('a'), place('b'), place('c')];
	const edges = [way(0, 1, 1), way(1, 2, 1), way(2, 0, 1), way(1, 0, 1)];
	const { links, back } = layOut({ nodes, edges }, 800, 400);
	assert.equal(links.length + back.length, 4);
	assert.ok(links.length >= 2);
});

test('what is drawn lies within the picture, from left to right', () => {
	const { nodes, links } = layOut(FLOW, 800, 400);
	assert.equal(nodes.length, FLOW.nodes.length);
	assert.ok(nodes.every(({ x0, x1, y0, y1 }) => x0 >= 0 && x1 <= 800 && y0 >= 0 && y1 <= 400.001));
	assert.ok(links.every(({ source, target }) => source.x1 < target.x0));
});

test('a way is a filter for its calls, where it can be asked for', () => {
	const asked = (from, to, filter = {}) => callsOf(FLOW, { from, to }, filter);
	assert.deepEqual(asked(0, 1, { dest: '*1' }), { dest: '*1', path: 'begin >> "menu"/"language"' });
	assert.deepEqual(asked(1, 2), { path: '"menu"/"language" >> "menu"/"main"' });
	assert.deepEqual(asked(2, 4), { path: '"menu"/"main" >> end', outcome: 'completed' });
	assert.deepEqual([asked(2, 3), asked(2, 5), asked(0, 4), asked(1, 2, { path: 'x' })], [null, null, null, null]);
	assert.deepEqual(FLOW.nodes.map(nodeName), ['begin', 'menu → language', 'menu → main', '3 other places', 'completed', 'not known']);
});
