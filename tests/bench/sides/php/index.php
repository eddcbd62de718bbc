<?php
// SPDX-License-Identifier: MIT
// The API over PostgreSQL, as PHP would be written for it. total=no and gzip_level are the benchmark's own.

require __DIR__ . '/store.php';
require __DIR__ . '/body.php';

function answer(Store $store, int $account, array $path, bool $xml): void
{
	if ($path[0] === 'v1') {
		$words = $_GET['text'] ?? '';
		$limit = (int) ($_GET['limit'] ?? 100);
		send(200, json_found($store->page_with_words($account, $words, $limit), $store->count_with_words($account, $words)), false);
		return;
	}
	if ($path[1] === 'call') {
		$detail = $store->detail($account, rawurldecode($path[2]));
		if ($detail === null) {
			send(404, '{"error":"call log not found"}', false);
		} else {
			send(200, $xml ? '<?xml version="1.0"?><result>' . xml_value(json_decode($detail, true)) . '</result>' : $detail, $xml);
		}
		return;
	}
	[$start, $end, $number, $detail] = [(int) $path[2], (int) $path[3], $_GET['number'] ?? '', $path[1] === 'all_logs'];
	$total = ($_GET['total'] ?? '') === 'no' ? null : $store->count($account, $start, $end, $number);
	$rows = $store->page($account, $start, $end, $number, (int) ($_GET['offset'] ?? 0), (int) ($_GET['limit'] ?? 1000), $detail);
	send(200, $xml ? xml_page($rows, $total, $detail) : json_page($rows, $total, $detail), $xml);
}

$xml = str_contains($_SERVER['HTTP_ACCEPT'] ?? '', 'xml');
$credentials = explode(':', (string) base64_decode(substr($_SERVER['HTTP_AUTHORIZATION'] ?? '', 6)), 2);
$store = new Store(getenv('DATABASE'));
$account = $store->account($credentials[0], $credentials[1] ?? '');
if ($account === null) {
	header('WWW-Authenticate: Basic realm="calls"');
	send(401, '{"error":"wrong credentials"}', false);
} else {
	answer($store, $account, explode('/', substr(strtok($_SERVER['REQUEST_URI'], '?'), 1)), $xml);
}
