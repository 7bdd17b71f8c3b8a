/** How far the server's clock is ahead of this computer's, in milliseconds. */
let ahead = 0

/** Told by the server: its clock is the one by which phases open. */
export const takeServerTime = (text: string): void => {
  ahead = Date.parse(text) - Date.now()
}

export const serverNow = (): number => Date.now() + ahead
