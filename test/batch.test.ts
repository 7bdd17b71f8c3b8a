import { describe, expect, test } from 'vitest'
import { batched } from '../src/db/batch.ts'

const env = {}
const tick = () => new Promise((wake) => setTimeout(wake, 5))

/** A run that the test ends. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('a batch queue', () => {
  test('collects requests that arrive during a run, and returns to each its own result', async () => {
    const runs: number[][] = []
    const { opened, open } = gate()
    const double = batched<object, number, number>(
      async (_, keys) => {
        runs.push(keys)
        if (runs.length === 1) await opened
        return keys.map((key) => key * 2)
      },
      { maxInFlight: 1 },
    )
    const first = double(env, 1)
    await tick()
    const rest = [2, 3, 4].map((key) => double(env, key))
    await tick()
    open()
    expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8])
    expect(runs).toEqual([[1], [2, 3, 4]])
  })

  test('repeats a failed run in halves: a bad key fails no other, and is found in few runs', async () => {
    let runs = 0
    const odd = batched<object, number, number>(async (_, keys) => {
      runs++
      if (keys.includes(3)) throw new Error('no three')
      return keys
    })
    const keys = Array.from({ length: 64 }, (_, key) => key)
    const results = await Promise.allSettled(keys.map((key) => odd(env, key)))
    expect(results.flatMap(({ status }, key) => (status === 'rejected' ? [key] : []))).toEqual([3])
    expect(runs).toBe(13)
  })

  test('never runs more keys than its maximum at once', async () => {
    const sizes: number[] = []
    const run = batched<object, number, number>(
      async (_, keys) => {
        sizes.push(keys.length)
        return keys
      },
      { maxSize: 3 },
    )
    await Promise.all(Array.from({ length: 10 }, (_, key) => run(env, key)))
    expect(Math.max(...sizes)).toBe(3)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10)
  })

  test('runs partitions independently of each other', async () => {
    const { opened, open } = gate()
    const run = batched<object, string, string>(
      async (_, keys) => {
        if (keys[0] === 'slow') await opened
        return keys
      },
      { maxInFlight: 1, partition: (key) => key },
    )
    const slow = run(env, 'slow')
    await tick()
    expect(await run(env, 'quick')).toBe('quick')
    open()
    expect(await slow).toBe('slow')
  })
})
