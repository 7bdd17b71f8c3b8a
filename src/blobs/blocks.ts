/** Node's types lack it. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => { buffer: SharedArrayBuffer }
}

const BLOCK_SIZE = 1024 * 1024
const BLOCKS = 2
const WASM_PAGE_SIZE = 64 * 1024
const MAX_SPARE = 4

const spare: Buffer[][] = []

/**
 * Blocks of memory that begin at a page of the machine, which writes past the page cache require. To be released after
 * use.
 */
export const acquireBlocks = (): readonly Buffer[] => spare.pop() ?? createBlocks()

export function releaseBlocks(blocks: readonly Buffer[]) {
  if (spare.length < MAX_SPARE) spare.push([...blocks])
}

function createBlocks(): Buffer[] {
  const memory = Buffer.from(allocateAligned(BLOCKS * BLOCK_SIZE))
  return Array.from({ length: BLOCKS }, (_, i) => memory.subarray(i * BLOCK_SIZE, (i + 1) * BLOCK_SIZE))
}

/**
 * In Node only a WebAssembly memory is aligned; it fails if the address space has no gap for it. Shared, because for
 * memory that is not, V8 runs a full garbage collection for every 40 MiB received.
 */
function allocateAligned(size: number): SharedArrayBuffer {
  const pages = size / WASM_PAGE_SIZE
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
  } catch {
    return new SharedArrayBuffer(size)
  }
}
