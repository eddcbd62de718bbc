<?php
// SPDX-License-Identifier: MIT
// The calls in PostgreSQL. Connections outlive requests, and so do the statements that were prepared on them.

final class Store
{
	private const WINDOW = 'account_id = $1 and start >= $2 and start < $3';
	private const ORDER = 'order by start desc, session_id desc';
	private const HEADER = 'c.dest, c.src, c.start, c."end", c.session_id, c.type';

	private PgSql\Connection $connection;

	public function __construct(string $database)
	{
		$this->connection = pg_pconnect($database);
	}

	/** The rows of the statement @sql, which is prepared where this connection does not know it yet. */
	private function rows(string $sql, array $values): array
	{
		$name = hash('xxh3', $sql);
		$result = @pg_execute($this->connection, $name, $values);
		if ($result === false) {
			pg_prepare($this->connection, $name, $sql);
			$result = pg_execute($this->connection, $name, $values);
		}
		return pg_fetch_all($result, PGSQL_NUM);
	}

	public function account(string $email, string $key): ?int
	{
		$rows = $this->rows(
			'select a.id from key k join account a on a.id = k.account_id where k.hash = $1 and a.email = $2 and not a.disabled',
			[hash('sha256', $key), $email],
		);
		return $rows ? (int) $rows[0][0] : null;
	}

	/** Exactly how many calls the window holds; an index alone answers it. */
	public function count(int $account, int $start, int $end, string $number): int
	{
		$where = self::WINDOW . ($number === '' ? '' : ' and dest_key = $4');
		$values = $number === '' ? [$account, $start, $end] : [$account, $start, $end, $number];
		return (int) $this->rows("select count(*) from call where $where", $values)[0][0];
	}

	/** A page of rows: dest, src, start, end, session_id, type, and the detail as text where it is wanted, otherwise
	 * whether there is one (t or f). Deep pages find their keys in the index first and fetch the rows of these alone. */
	public function page(int $account, int $start, int $end, string $number, int $offset, int $limit, bool $detail): array
	{
		$where = self::WINDOW . ($number === '' ? '' : ' and dest_key = $6');
		$columns = self::HEADER . ($detail ? ', c.detail::text' : ', c.detail is not null');
		$keys = "call where $where " . self::ORDER . ' limit $4 offset $5';
		$sql = $offset === 0
			? "select $columns from call c where $where " . self::ORDER . ' limit $4 offset $5'
			: "select $columns from (select start, session_id from $keys) k join call c on c.account_id = \$1 and c.session_id = k.session_id"
				. ' order by k.start desc, k.session_id desc';
		$values = [$account, $start, $end, $limit, $offset];
		return $this->rows($sql, $number === '' ? $values : [...$values, $number]);
	}

	public function detail(int $account, string $session): ?string
	{
		$rows = $this->rows('select detail::text from call where account_id = $1 and session_id = $2', [$account, $session]);
		return $rows ? $rows[0][0] : null;
	}

	public function count_with_words(int $account, string $words): int
	{
		return (int) $this->rows(
			"select count(*) from call where account_id = \$1 and call_words(detail) @@ plainto_tsquery('simple', \$2)",
			[$account, $words],
		)[0][0];
	}

	public function page_with_words(int $account, string $words, int $limit): array
	{
		// Materialised: otherwise the planner goes through the calls in their order and makes the words of each anew, seconds a page.
		return $this->rows(
			'with found as materialized (select ' . self::HEADER . ', c.steps from call c where account_id = $1'
				. " and call_words(detail) @@ plainto_tsquery('simple', \$2)) select * from found " . self::ORDER . ' limit $3',
			[$account, $words, $limit],
		);
	}
}
