/** The difference between the clocks of the server and this computer, in milliseconds; undefined: not known yet. */
let offset_ms: number | undefined

/** From the event stream, accurate to the millisecond. Phases open by the clock of the server. */
export const setServerTime = (text: string): void => {
  offset_ms = Date.parse(text) - Date.now()
}

/** From the `Date` header of the session, accurate to the second; used until the event stream sends a time. */
export function setTimeFromDateHeader(text: string | null): void {
  const time = Date.parse(text ?? '')
  if (!Number.isNaN(time)) offset_ms ??= time - Date.now()
}

export const serverNow = (): number => Date.now() + (offset_ms ?? 0)
