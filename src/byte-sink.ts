/** Accepts bytes with back-pressure. */
export type ByteSink = {
  /**
   * Returns undefined while the sink has capacity, otherwise a promise that resolves once it has some again: the caller
   * awaits it before the next call. The caller does not change the bytes afterwards.
   */
  write(bytes: Uint8Array): Promise<void> | undefined
}
