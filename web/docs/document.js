// SPDX-License-Identifier: MIT
// What the page needs to know of /openapi.json: its operations with every reference resolved.

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/* Follows "#/components/…" references; what stands beside a $ref wins. */
export function resolved(document, node) {
	while (node && node.$ref) {
		const { $ref, ...beside } = node;
		const target = $ref.slice(2).split('/').reduce((at, name) => at[name.replace(/~1/g, '/').replace(/~0/g, '~')], document);
		node = { ...target, ...beside };
	}
	return node;
}

function parametersOf(document, item, operation) {
	return [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => resolved(document, parameter));
}

function mediaTypesOf(document, operation) {
	const good = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
	return good ? Object.keys(resolved(document, good[1]).content ?? {}) : [];
}

/* A body's example stands beside its type or in its schema. */
function bodyOf(document, operation) {
	if (!operation.requestBody) {
		return null;
	}
	const body = resolved(document, operation.requestBody);
	const content = Object.entries(body.content).map(([type, media]) =>
		[type, { ...media, example: media.example ?? resolved(document, media.schema ?? {}).example }]);
	return { ...body, content: Object.fromEntries(content) };
}

function operationOf(document, path, method, item) {
	const operation = item[method];
	return {
		id: operation.operationId,
		tag: operation.tags?.[0] ?? 'Other',
		method: method.toUpperCase(),
		path,
		summary: operation.summary ?? '',
		description: operation.description ?? '',
		parameters: parametersOf(document, item, operation),
		body: bodyOf(document, operation),
		accepts: mediaTypesOf(document, operation),
		responses: Object.entries(operation.responses).map(([status, response]) => ({ status, ...resolved(document, response) })),
		open: operation.security?.length === 0,
	};
}

/* All operations in the document's order. */
export function operationsOf(document) {
	return Object.entries(document.paths).flatMap(([path, item]) =>
		METHODS.filter((method) => item[method]).map((method) => operationOf(document, path, method, item)));
}

/* [tag name, description, operations] in the order of the document's tags; tags it does not list come last. */
export function groupsOf(document, operations) {
	const listed = (document.tags ?? []).map((tag) => tag.name);
	const names = [...new Set([...listed, ...operations.map((operation) => operation.tag)])];
	return names
		.map((name) => ({
			name,
			description: document.tags?.find((tag) => tag.name === name)?.description ?? '',
			operations: operations.filter((operation) => operation.tag === name),
		}))
		.filter((group) => group.operations.length > 0);
}
