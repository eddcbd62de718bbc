// SPDX-License-Identifier: MIT
// POST /v1/traces as OpenTelemetry's own clients post to it: spans named as jambonz, LiveKit and Pipecat name them, and one's own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Program } from './program.mjs';

const program = new Program();
const start = Math.floor(Date.now() / 1000) - 3600;

before(() => program.serve(['--redact-input', 'gather,stt']));
after(() => program.stop());

/* Keeps what ended, so that a test sends it as it likes. */
class Kept {
	spans = [];

	onStart() {}

	onEnd(span) {
		this.spans.push(span);
	}

	shutdown() {}

	forceFlush() {}
}

/* Makes the spans of one trace: @tree is [name, start in s, end in s, attributes, children, failure]. Children end before their parent. */
function spans(tree, resource = {}) {
	const kept = new Kept();
	const provider = new NodeTracerProvider({ resource: resourceFromAttributes(resource), spanProcessors: [kept] });
	const tracer = provider.getTracer('test');
	const make = ([name, from, to, attributes = {}, children = [], failure], context) => {
		const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, startTime: (start + from) * 1000, attributes }, context);
		children.forEach((child) => make(child, trace.setSpan(context, span)));
		if (failure) {
			span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
		}
		span.end((start + to) * 1000);
		return span.spanContext().traceId;
	};
	const traceId = make(tree, ROOT_CONTEXT);
	return { traceId, spans: kept.spans };
}

const exporters = { json: JsonExporter, protobuf: ProtobufExporter };

function exporter(kind, options = {}) {
	return new exporters[kind]({
		url: `${program.origin}/v1/traces`, headers: { Authorization: `Bearer ${program.key}` }, compression: 'gzip', ...options,
	});
}

function send(to, batch) {
	return new Promise((done) => to.export(batch, done));
}

async function sent(kind, batches) {
	const to = exporter(kind);
	for (const batch of batches) {
		const result = await send(to, batch);
		assert.equal(result.code, 0, String(result.error));
	}
	await to.shutdown();
}

const call = (traceId) => program.ask(`/v1/calls/${traceId}`);
const lines = (answer) => answer.detail.map((step) => step.event.line);

/* What does not tell one trace from another. */
function bare(answer) {
	const { session_id: id, ...rest } = answer;
	assert.match(id, /^[0-9a-f]{32}$/);
	return { ...rest, detail: answer.detail.map((step) => {
		const { event_id: event, ...data } = step.event.data;
		assert.match(event, /^[0-9a-f]{16}(-2)?$/);
		return { ...step, event: { ...step.event, data } };
	}) };
}

const jambonz = ['incoming-call', 0, 30, { callSid: 'c-1', callId: 'x@sbc', 'call.termination': 'hangup by caller' }, [
	['call-status:trying', 0.1, 0.2, { callSid: 'c-1', direction: 'inbound', from: '+12125550102', to: '+16175550100', sipStatus: 100 }],
	['verb:say{text=Welcome to Ac...}', 1, 3, { 'verb.summary': 'say{text=Welcome to Ac...}' }],
	['verb:gather{inputs=[speech,digits],}', 3, 9, { 'stt.resolve': 'dtmf-num-digits' }, [
		['nested:say{text=Your order?}', 3.1, 5],
		['verb:hook (https://app.example/order?x=1)', 8, 8.5, {
			'http.statusCode': 200, 'http.body': JSON.stringify({ digits: '48151623', reason: 'dtmfDetected', call_sid: 'c-1' }),
		}],
	]],
	['verb:say{text=You said 48151623}', 9, 10],
	['verb:dial{type=phone,number=+16175550111}', 10, 29, {}, [], 'no carrier'],
	['call-status:completed', 29.5, 29.6, { callSid: 'c-1', direction: 'inbound', from: '+12125550102', to: '+16175550100', sipStatus: 200, duration: 29 }],
]];

const livekit = ['agent_session', 0, 20, { 'lk.agent_label': 'Desk', 'lk.room_name': 'call-7' }, [
	['on_enter', 0.2, 0.4, { 'lk.agent_label': 'Desk' }],
	['agent_turn', 0.5, 2, { 'lk.response.text': 'Hello, what can I do?', 'lk.interrupted': false, 'lk.e2e_latency': 0.71 }, [
		['llm_node', 0.5, 0.9, { 'lk.response.ttft': 0.2 }], ['tts_node', 0.9, 1.9],
	]],
	['user_turn', 3, 5, { 'lk.user_transcript': 'a table for four', 'lk.transcript_confidence': 0.9 }],
	['agent_turn', 5.1, 9, { 'lk.pii.response.text': 'One moment.' }, [
		['function_tool', 5.5, 6, { 'lk.function_tool.name': 'find_table', 'lk.function_tool.arguments': '{"people":4}',
			'lk.function_tool.output': 'none', 'lk.function_tool.is_error': true }],
	]],
]];

const pipecat = ['conversation', 0, 12, { 'conversation.id': 'k-9', 'conversation.type': 'voice' }, [
	['turn', 1, 6, { 'turn.number': 1 }, [
		['stt', 1, 2, { transcript: 'hel', is_final: false }],
		['stt', 2, 3, { transcript: 'my code is 4815', is_final: true, language: 'en' }],
		['llm', 3, 4, { input: '[]', output: 'ok' }],
		['tts', 4, 6, { text: 'Thank you.', voice_id: 'v', 'metrics.ttfb': 0.2 }],
	]],
]];

const own = ['my-ivr', 0, 8, { 'call.from': '+12125550102', 'call.to': '+16175550100' }, [
	['ask-order', 1, 4, { 'callstep.line': 'Asked for the order', 'callstep.class': 'prompt', 'callstep.variable': 'ORDER', tries: 2 }],
	['lookup', 4, 5, { 'callstep.line': 'Looked the order up', 'callstep.module': 'orders', shop: 'north' }],
]];

const kinds = { jambonz: [jambonz, {}], LiveKit: [livekit, { 'call.from': '+12125550102', 'call.to': '+16175550100' }], Pipecat: [pipecat, {}], own: [own, {}] };

const expected = {
	jambonz: ['Incoming call', 'Call trying', 'Saying Welcome to Ac...', 'Input ended: dtmf-num-digits', 'Saying Your order?',
		'Request /order: 200', 'User input: ••• (dtmf)', 'Saying You said •••', 'dial type=phone,number=+16175550111', 'Call completed',
		'Call ended: hangup by caller'],
	LiveKit: ['Session began', 'Agent Desk', 'Hello, what can I do?', 'User input: "a table for four" (voice)', 'One moment.', 'Tool find_table'],
	Pipecat: ['Conversation began', 'User input: ••• (voice)', 'Thank you.'],
	own: ['Call from +12125550102 to +16175550100', 'Asked for the order', 'Looked the order up'],
};

for (const kind of ['json', 'protobuf']) {
	for (const name of Object.keys(kinds)) {
		test(`${name}'s spans are a call, by ${kind}`, async () => {
			const made = spans(...kinds[name]);
			await sent(kind, [made.spans]);
			const answer = await call(made.traceId);
			assert.deepEqual(lines(answer), expected[name]);
			assert.equal(answer.state, 'ended');
			assert.equal(answer.start, start);
			assert.equal(answer.end, start + kinds[name][0][2]);
			assert.equal(answer.type, 'inbound');
			if (name !== 'Pipecat') {
				assert.equal(answer.src, '+12125550102');
				assert.equal(answer.dest, '+16175550100');
			}
		});
	}
}

/* Always the same order for one seed. */
function shuffled(list, seed) {
	const mixed = [...list];
	for (let i = mixed.length - 1; i > 0; i--) {
		seed = (seed * 1103515245 + 12345) % 2147483648;
		const k = seed % (i + 1);
		[mixed[i], mixed[k]] = [mixed[k], mixed[i]];
	}
	return mixed;
}

/* What repeats a hidden input is hidden while the call is live: here the root may come first. */
const inAnyOrder = { ...kinds, jambonz: [[...jambonz.slice(0, 4), jambonz[4].filter(([name]) => !name.includes('You said'))], {}] };

test('in any order, in any batches, and twice, a trace ends as the same call', async () => {
	for (const name of Object.keys(inAnyOrder)) {
		const whole = spans(...inAnyOrder[name]);
		await sent('json', [whole.spans]);
		const one = bare(await call(whole.traceId));
		for (let seed = 1; seed <= 4; seed++) {
			const made = spans(...inAnyOrder[name]);
			const mixed = shuffled(made.spans, seed);
			const batches = mixed.map((_, i) => (i % seed === 0 ? mixed.slice(i, i + seed) : null)).filter(Boolean);
			await sent(seed % 2 ? 'protobuf' : 'json', [...batches, ...shuffled(batches, seed + 7)]);
			assert.deepEqual(bare(await call(made.traceId)), one, `${name}, seed ${seed}`);
		}
	}
});

test('a call is live until its root or its status says that it is over', async () => {
	const made = spans(jambonz);
	const name = (wanted) => made.spans.filter((span) => span.name.startsWith(wanted));
	await sent('protobuf', [name('verb:say')]);
	let answer = await call(made.traceId);
	assert.equal(answer.state, 'live');
	assert.equal(answer.start, start + 1);
	assert.equal(answer.end, start + 9);
	await sent('protobuf', [name('call-status:completed')]);
	answer = await call(made.traceId);
	assert.equal(answer.state, 'ended');
	await sent('protobuf', [name('incoming-call')]);
	answer = await call(made.traceId);
	assert.deepEqual([answer.state, answer.start, answer.end], ['ended', start, start + 30]);
});

test('a client takes its key from its environment, as jambonz does', async () => {
	process.env.OTEL_EXPORTER_OTLP_HEADERS = `Authorization=Bearer%20${program.key}`;
	const to = new JsonExporter({ url: `${program.origin}/v1/traces` });
	const made = spans(own);
	assert.equal((await send(to, made.spans)).code, 0);
	delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
	assert.equal((await call(made.traceId)).steps, 3);
});

/* What the server says is told by the client's log alone: asked without it. */
function post(body, headers = {}) {
	return fetch(`${program.origin}/v1/traces`, {
		method: 'POST', body, headers: { Authorization: `Bearer ${program.key}`, 'Content-Type': 'application/json', ...headers },
	});
}

test('a trace that is not a call is set aside, and the client does not send it again', async () => {
	const made = spans(['GET /', 0, 1, {}, [['query', 0.2, 0.4]]]);
	await sent('protobuf', [made.spans]);
	const answer = await fetch(`${program.origin}/v1/calls/${made.traceId}`, { headers: { Authorization: `Bearer ${program.key}` } });
	assert.equal(answer.status, 404);
});

test('a client without a key is told so', async () => {
	let result;
	/* The answer comes before the body is read, and ends the connection. A client that is still writing then sees that alone. */
	for (let tries = 0; tries < 5 && result?.error.code !== 401; tries++) {
		result = await send(exporter('protobuf', { headers: { Authorization: 'Bearer wrong' } }), spans(own).spans);
		assert.notEqual(result.code, 0);
	}
	assert.equal(result.error.code, 401);
	assert.equal((await post('{}')).status, 200);
});
