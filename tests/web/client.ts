// SPDX-License-Identifier: MIT
// A client in TypeScript, typed by what openapi-typescript makes of the description: what somebody writes who has the description alone. description.test.mjs compiles
// it, strictly, and runs it.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Outcome = components['schemas']['Outcome'];

/* Sessions and outcomes of the newest @limit calls, how many there are in all, and how many are gone by outcome. */
export async function newest(baseUrl: string, authorization: string, limit: number) {
	const client = createClient<paths>({ baseUrl, headers: { Authorization: authorization } });
	const { data, error } = await client.GET('/v1/calls', { params: { query: { limit, detail: false } } });
	if (!data) {
		throw new Error(error?.detail);
	}
	if (typeof data === 'string' || 'explain' in data) {
		throw new Error('nobody asked for that');
	}
	const calls: { session: string; outcome: Outcome | null }[] = data.calls.map((call) => ({ session: call.session_id, outcome: call.outcome }));
	const { data: one } = await client.GET('/v1/calls/{session_id}', { params: { path: { session_id: calls[0]!.session } } });
	const steps: number = one ? one.detail === false ? 0 : one.detail.length : -1;
	return { calls, total: data.total_calls, steps };
}

/* What the description does not have does not compile. */
export async function wrong(baseUrl: string) {
	const client = createClient<paths>({ baseUrl });
	// @ts-expect-error there is no such path
	await client.GET('/v1/nothing');
	// @ts-expect-error there is no such parameter
	await client.GET('/v1/calls', { params: { query: { limt: 3 } } });
	// @ts-expect-error a limit is a number
	await client.GET('/v1/calls', { params: { query: { limit: 'three' } } });
	// @ts-expect-error there is no such order
	await client.GET('/v1/calls', { params: { query: { order: 'start' } } });
}
