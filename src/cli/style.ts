import { styleText } from 'node:util'
import type { Look } from '../texts/statuses.ts'

export type Style = Parameters<typeof styleText>[0]

/** Colours on a terminal only, unless NO_COLOR or FORCE_COLOR say otherwise. */
export function styled(style: Style | undefined, text: string, stream: { isTTY?: boolean } = process.stdout): string {
  // Whether there are colours is decided here: Node does it for one stream, and not in every version.
  return style !== undefined && hasColors(stream) ? styleText(style, text, { validateStream: false }) : text
}

function hasColors({ isTTY }: { isTTY?: boolean }): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTTY === true && !NO_COLOR && TERM !== 'dumb'
}

const NEAREST: Readonly<Record<string, Style>> = {
  ...({ teal: 'green', red: 'red', blue: 'blue', yellow: 'yellow', cyan: 'cyan' } as const),
  ...({ grape: 'magenta', orange: 'yellow', indigo: 'blue' } as const),
}

/** What a terminal has for a color of the web UI. */
export const styleOf = (look: Look | undefined): Style => NEAREST[look?.color ?? ''] ?? 'gray'
