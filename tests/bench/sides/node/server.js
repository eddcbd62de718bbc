// SPDX-License-Identifier: MIT
// The API over PostgreSQL, as Node would be written for it: a process a core, fastify, pooled connections, named statements.
// total=no and gzip_level are the benchmark's own.
'use strict';
const cluster = require('node:cluster');
const os = require('node:os');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const fastify = require('fastify');
const { Store } = require('./store');
const body = require('./body');

const gzip = promisify(zlib.gzip);
const WORKERS = Number(process.env.WORKERS) || os.availableParallelism();

async function send(request, reply, text, xml) {
	reply.header('Content-Type', xml ? 'application/xml' : 'application/json').header('Vary', 'Accept, Accept-Encoding');
	let bytes = Buffer.from(text);
	if ((request.headers['accept-encoding'] ?? '').includes('gzip')) {
		bytes = await gzip(bytes, { level: Number(request.query.gzip_level ?? 1) });
		reply.header('Content-Encoding', 'gzip');
	}
	return reply.send(bytes);
}

const wantsXml = (request) => (request.headers.accept ?? '').includes('xml');

function routes(server, store) {
	server.addHook('preHandler', async (request, reply) => {
		const [email, key] = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString().split(':');
		request.account = await store.account(email, key ?? '');
		if (request.account === null) {
			return reply.code(401).header('WWW-Authenticate', 'Basic realm="calls"').send({ error: 'wrong credentials' });
		}
	});
	for (const [path, detail] of [['all_logs', true], ['calls', false]]) {
		server.get(`/api/${path}/:start/:end`, async (request, reply) => {
			const { start, end } = request.params;
			const { number = '', offset = '0', limit = '1000', total } = request.query;
			const xml = wantsXml(request);
			const [count, rows] = await Promise.all([
				total === 'no' ? null : store.count(request.account, start, end, number),
				store.page(request.account, start, end, number, Number(offset), Number(limit), detail),
			]);
			return send(request, reply, xml ? body.xmlPage(rows, count, detail) : body.jsonPage(rows, count, detail), xml);
		});
	}
	server.get('/api/call/:session', async (request, reply) => {
		const detail = await store.detail(request.account, request.params.session);
		if (detail === null) {
			return reply.code(404).send({ error: 'call log not found' });
		}
		const xml = wantsXml(request);
		return send(request, reply, xml ? `<?xml version="1.0"?><result>${body.xmlValue(JSON.parse(detail))}</result>` : detail, xml);
	});
	server.get('/v1/calls', async (request, reply) => {
		const { text = '', limit = '100' } = request.query;
		const [count, rows] = await Promise.all([
			store.countWithWords(request.account, text), store.pageWithWords(request.account, text, Number(limit)),
		]);
		return send(request, reply, body.jsonFound(rows, count), false);
	});
}

if (cluster.isPrimary) {
	for (let i = 0; i < WORKERS; i++) {
		cluster.fork();
	}
} else {
	const server = fastify({ logger: false, keepAliveTimeout: 600_000, maxParamLength: 400 });
	routes(server, new Store());
	server.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 });
}
