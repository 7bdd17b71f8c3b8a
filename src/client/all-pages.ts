const PAGE = 500

/** The rows of all pages, at most `limit`. */
export async function allPages<Row>(
  limit: number | undefined,
  read: (page: number, per_page: number) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const max = limit ?? Number.POSITIVE_INFINITY
  const per_page = Math.min(PAGE, max)
  const rows: Row[] = []
  for (let page = 1, more = true; more && rows.length < max; page++) {
    const found = await read(page, per_page)
    rows.push(...found)
    more = found.length === per_page
  }
  return rows.slice(0, max)
}
