/** How far the server's clock is ahead of this computer's, in milliseconds; undefined: nobody has told. */
let ahead: number | undefined

/** Told by the server, to the millisecond: its clock is the one by which phases open. */
export const takeServerTime = (text: string): void => {
  ahead = Date.parse(text) - Date.now()
}

/** From the header of an answer, to the second: until the server tells better. */
export function takeDateHeader(text: string | null): void {
  const time = Date.parse(text ?? '')
  if (!Number.isNaN(time)) ahead ??= time - Date.now()
}

export const serverNow = (): number => Date.now() + (ahead ?? 0)
