/** A record of RFC 4180, with its end of line. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

/** Spreadsheets evaluate such texts as formulas, unless they begin with an apostrophe. */
const FORMULA = /^\s*[=+\-@\t\r\n]/

function cell(text: string): string {
  const escaped = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(escaped) || escaped !== escaped.trim() ? `"${escaped.replaceAll('"', '""')}"` : escaped
}
