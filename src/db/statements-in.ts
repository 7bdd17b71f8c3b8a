/** A statement up to its semicolon: comments, strings and bodies of functions may contain others. */
const STATEMENT = /(?:--[^\n]*|\/\*[\s\S]*?\*\/|'[^']*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$|[^;])+/g
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g

/** The statements of a script, each with the comments before it. */
export const statementsIn = (script: string): string[] =>
  (script.match(STATEMENT) ?? []).filter((statement) => statement.replace(COMMENT, '').trim() !== '')
