/** Node's types lack it. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => { buffer: SharedArrayBuffer }
}

const BLOCK = 1024 * 1024
const BLOCKS = 2
const WASM_PAGE = 64 * 1024
const MOST_SPARE = 4

const spare: Buffer[][] = []

/** Memory that begins where a page of the machine does: writing past the page cache takes no other. To be given back. */
export const takeBlocks = (): readonly Buffer[] => spare.pop() ?? makeBlocks()

export function freeBlocks(blocks: readonly Buffer[]) {
  if (spare.length < MOST_SPARE) spare.push([...blocks])
}

function makeBlocks(): Buffer[] {
  const memory = Buffer.from(aligned(BLOCKS * BLOCK))
  return Array.from({ length: BLOCKS }, (_, i) => memory.subarray(i * BLOCK, (i + 1) * BLOCK))
}

/**
 * Node has no other way to it than a WebAssembly memory, for which there may be no room among the addresses. A shared one:
 * with one that is not, V8 collects all garbage for every 40 MiB that is received.
 */
function aligned(size: number): SharedArrayBuffer {
  const pages = size / WASM_PAGE
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
  } catch {
    return new SharedArrayBuffer(size)
  }
}
