import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompress } from '../src/artifacts/decompress.ts'
import { readArtifact } from '../src/artifacts/read-artifact.ts'
import { Refusal } from '../src/refusal.ts'
import { type ArtifactOptions, buildArtifact, noise, sha256, type TarEntry, tar } from './support/artifact.ts'
import { isFull, SAMPLED, sample } from './support/sample.ts'

/** In chunks of an odd size: nothing may depend on chunk boundaries. */
async function* chunked(file: Uint8Array, size = 700) {
  for (let i = 0; i < file.length; i += size) yield file.subarray(i, i + size)
}
const read = (file: Uint8Array, size?: number) => readArtifact(chunked(file, size))
const readBuilt = async (options: ArtifactOptions) => read(await buildArtifact(options))
const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name))

async function expectRefusal(file: Uint8Array | Promise<Buffer>, sentence: RegExp | string = '') {
  const error = await read(await file).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(Refusal)
  expect((error as Refusal).status).toBe(400)
  expect((error as Refusal).message).toMatch(sentence)
}

const TWO_PAYLOADS = [{ files: { a: 'one', b: 'two' } }, { type: 'docker', files: { a: 'other' }, meta_data: '' }]

describe('the parser accepts an artifact', () => {
  const updates = [{ type_info: { type: 'script' }, files: [{ name: 'install.sh' }] }]
  test.each<[string, ArtifactOptions, object]>([
    ['of format 3', {}, { info: { format: 'mender', version: 3 }, signed: false, updates }],
    [
      'of format 2',
      { version: 2 },
      { info: { version: 2 }, updates, artifact_depends: { device_type: ['qemux86-64'] } },
    ],
    ['without compression', { compression: 'none' }, { updates }],
    ['that is signed', { signed: true }, { signed: true, updates }],
    ['with state scripts', { scripts: { ArtifactInstall_Enter_00: '#!/bin/sh' } }, { updates }],
    ['with its manifest in another order', { manifest: 'reversed' }, { updates }],
    ['without end-of-archive blocks', { end: false, compression: 'none' }, { updates }],
    ['that is augmented', { augmented: true, signed: true }, { updates }],
    [
      'with nothing to install',
      { payloads: [{ type: null }] },
      { updates: [{ type_info: { type: null }, files: [] }] },
    ],
    [
      'with nothing to install and no data',
      { payloads: [{ type: null }], alter: (entries) => entries.slice(0, -1) },
      { updates: [{ files: [] }] },
    ],
    [
      'with several payloads',
      { payloads: TWO_PAYLOADS },
      {
        updates: [
          { type_info: { type: 'script' }, files: [{ name: 'a', size: 3, checksum: sha256('one') }, { name: 'b' }] },
          { type_info: { type: 'docker' }, files: [{ name: 'a', size: 5, checksum: sha256('other') }] },
        ],
      },
    ],
  ])('%s', async (_what, options, expected) => {
    expect(await readBuilt({ name: 'any', ...options })).toMatchObject({
      name: 'any',
      device_types_compatible: ['qemux86-64'],
      ...expected,
    })
  })

  test.each(['xz', 'zst'])('compressed as %s', async (kind) => {
    expect(await read(fixture(`${kind}.mender`))).toMatchObject({
      device_types_compatible: ['qemux86-64', 'raspberrypi4'],
      updates: [{ type_info: { type: 'script' }, files: [{ name: 'ok.sh', size: 18 }] }],
    })
  })

  test('whose type is only in header-info, with empty meta-data', async () => {
    const blank = (entries: TarEntry[]) =>
      entries.map((entry) => (entry.name === 'headers/0000/type-info' ? { ...entry, content: '{"type":""}' } : entry))
    // The manifest is computed from the altered header.
    const file = await buildArtifact({
      payloads: [{ type: 'rootfs-image', files: { img: 'x' }, meta_data: '' }],
      alterHeader: blank,
    })
    expect((await read(file)).updates).toEqual([
      { type_info: { type: 'rootfs-image' }, files: [expect.objectContaining({ name: 'img' })] },
    ])
  })

  test('with long file names, in chunks of one byte', async () => {
    const name = `${'long-'.repeat(40)}ä`
    const file = await buildArtifact({ payloads: [{ files: { [name]: 'x' } }], compression: 'none' })
    const { updates } = await read(file, 1)
    expect(updates[0]?.files[0]?.name).toBe(name)
  })

  test('and merges provides, depends and clears_provides of header and payloads', async () => {
    const content = await readBuilt({
      name: 'sum',
      depends: { artifact_group: ['g'], nothing: null, none: [] },
      provides: { artifact_group: 'g' },
      payloads: [
        { provides: { a: '1', ['__proto__']: 'x' }, depends: { hw: 'rev2' }, clears_provides: ['a.*', 'b.*'] },
        { provides: { b: '2' }, depends: { bootloader: ['1', '2'] }, clears_provides: ['b.*'] },
      ],
    })
    expect(Object.entries(content.artifact_provides)).toEqual([
      ['artifact_name', 'sum'],
      ['artifact_group', 'g'],
      ['a', '1'],
      ['__proto__', 'x'],
      ['b', '2'],
    ])
    expect(content.artifact_depends).toEqual({
      device_type: ['qemux86-64'],
      artifact_group: ['g'],
      hw: 'rev2',
      bootloader: ['1', '2'],
    })
    expect(content.clears_artifact_provides).toEqual(['a.*', 'b.*'])
  })
})

const replace = (name: string, content: Buffer | string) => (entries: TarEntry[]) =>
  entries.map((entry) => (entry.name === name ? { ...entry, content } : entry))
const add =
  (...more: TarEntry[]) =>
  (entries: TarEntry[]) => [...entries, ...more]
const swap = (i: number, j: number) => (entries: TarEntry[]) => {
  const swapped = [...entries]
  swapped[i] = entries[j] as TarEntry
  swapped[j] = entries[i] as TarEntry
  return swapped
}
/** Inverts one byte in the middle of this entry. */
const damage = (name: string) => (entries: TarEntry[]) =>
  entries.map((entry) => {
    if (entry.name !== name) return entry
    const content = Buffer.from(entry.content as Buffer)
    content[content.length >> 1] = ~(content[content.length >> 1] as number)
    return { ...entry, content }
  })
/** One payload archive with these entries, each with a correct line in the manifest. */
const withData = (data: TarEntry[], inner: Buffer | undefined = undefined) =>
  buildArtifact({
    compression: 'none',
    payloads: [{ files: Object.fromEntries(data.map(({ name, content = '' }) => [name, content])) }],
    alter: (entries) =>
      entries.map((entry) => (entry.name === 'data/0000.tar' && inner ? { ...entry, content: inner } : entry)),
  })

describe('the parser rejects an artifact', () => {
  test.each<[string, ArtifactOptions, RegExp]>([
    ['of format 1', { version: 1 as 2 }, /unsupported version: 1/],
    ['of format 4', { version: 4 as 2 }, /unsupported version: 4/],
    [
      'whose version is not a number',
      { alter: replace('version', '{"format":"mender","version":"3"}') },
      /version: .*version/,
    ],
    [
      'whose version was changed',
      { alter: replace('version', '{"format":"mender","version":2}') },
      /invalid checksum: version/,
    ],
    ['with another format name', { alter: replace('version', '{"format":"other","version":3}') }, /version/],
    ['without a version', { alter: (entries) => entries.slice(1) }, /version: it is missing/],
    ['with manifest before version', { alter: swap(0, 1) }, /version: it is missing, or not where/],
    ['with data before header', { alter: swap(2, 3) }, /header.tar: it is missing, or not where/],
    ['without data', { alter: (entries) => entries.slice(0, -1) }, /data\/0000.tar: it is missing/],
    ['with an extra entry', { alter: add({ name: 'extra', content: 'x' }) }, /extra: it does not belong/],
    ['with an entry twice', { alter: (entries) => [...entries.slice(0, 1), ...entries] }, /manifest: it is missing/],
    [
      'whose header does not match its checksum',
      { alterHeader: undefined as never, alter: replace('header.tar.gz', gzipSync('x')) },
      /invalid checksum: header/,
    ],
    [
      'with a file that is not in its manifest',
      { payloads: [{ files: { a: 'x' } }], alter: replace('manifest', '') },
      /does not name version/,
    ],
    [
      'with a manifest line without a file',
      {
        alter: (entries) =>
          entries.map((e) =>
            e.name === 'manifest' ? { ...e, content: `${e.content}${sha256('')}  data/0000/gone\n` } : e,
          ),
      },
      /data\/0000\/gone is missing/,
    ],
    ['with a malformed manifest', { alter: replace('manifest', 'checksums') }, /a line is not a checksum/],
    ['with a manifest that is not UTF-8', { alter: replace('manifest', Buffer.from([0xff])) }, /not UTF-8/],
    ['with a manifest larger than 1 MiB', { alter: replace('manifest', 'x'.repeat(2 ** 20 + 1)) }, /larger than/],
    [
      'with a damaged file',
      {
        compression: 'none',
        payloads: [{ files: { a: 'right' } }],
        alter: (entries) =>
          entries.map((e) =>
            e.name === 'data/0000.tar'
              ? {
                  ...e,
                  content: Buffer.from((e.content as Buffer).toString('latin1').replace('right', 'wrong'), 'latin1'),
                }
              : e,
          ),
      },
      /invalid checksum: data\/0000\/a is damaged/,
    ],
    ['whose payload is not gzip', { alter: replace('data/0000.tar.gz', noise(600)) }, /cannot decompress/],
    ['with too many payloads', { payloads: Array.from({ length: 101 }, () => ({ type: 'x' })) }, /header-info/],
    ['without payloads', { payloads: [] }, /header-info/],
    ['without a name', { name: '' }, /header-info/],
    ['with a name that is too long', { name: 'x'.repeat(257) }, /header-info/],
    ['without a device type', { device_types: [] }, /header-info/],
    ['with an empty device type', { device_types: [''] }, /device_type: cannot be blank/],
    ['whose device types are numbers', { device_types: [1 as never] }, /header-info/],
    ['whose provides are not text', { payloads: [{ provides: { a: 1 } }] }, /type-info/],
    ['whose payload renames it', { payloads: [{ provides: { artifact_name: 'other' } }] }, /cannot name the artifact/],
    ['whose depends are not text', { depends: { hw: { a: 1 } } }, /header-info/],
    ['whose meta-data is a list', { payloads: [{ meta_data: '[1]' }] }, /meta-data/],
    ['whose meta-data is not JSON', { payloads: [{ meta_data: '{' }] }, /meta-data/],
    ['whose meta-data contains a NUL', { payloads: [{ meta_data: { a: '\0' } }] }, /cannot be stored/],
    ['whose meta-data contains a lone surrogate', { payloads: [{ meta_data: '{"\\ud800":1}' }] }, /cannot be stored/],
    ['whose meta-data contains a number that overflows', { payloads: [{ meta_data: '{"a":1e999}' }] }, /too large/],
    [
      'whose meta-data is nested too deeply',
      { payloads: [{ meta_data: `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}` }] },
      /nested deeper|recursion|call stack/,
    ],
    ['whose name contains a NUL', { name: 'a\0b' }, /cannot be stored/],
    ['with header-info not first', { alterHeader: swap(0, 1) }, /header-info is not first/],
    ['with an empty header', { alterHeader: () => [] }, /header-info is missing/],
    ['without type-info', { alterHeader: (entries) => entries.slice(0, 1) }, /type-info is missing/],
    [
      'with an unknown header entry',
      { alterHeader: add({ name: 'headers/0001/type-info', content: '{}' }) },
      /does not belong/,
    ],
    ['with a header entry twice', { alterHeader: (entries) => [...entries, ...entries.slice(1)] }, /is there twice/],
    [
      'with meta-data that is too long',
      { alterHeader: add({ name: 'headers/0000/meta-data', content: `{"a":"${'x'.repeat(2 ** 20)}"}` }) },
      /meta-data: larger than 1048576 bytes: put what it says into a file/,
    ],
    [
      'whose payload has another type than its header states',
      { alterHeader: replace('headers/0000/type-info', '{"type":"rootfs-image"}') },
      /type-info: its type is "rootfs-image", while header-info says "script"/,
    ],
    [
      'whose payload has a type although its header states that it is empty',
      { payloads: [{ type: null }], alterHeader: replace('headers/0000/type-info', '{"type":"script"}') },
      /type-info: its type is "script", while header-info says null/,
    ],
    [
      'whose second payload has the type of the first',
      {
        payloads: [{ type: 'a' }, { type: 'b' }],
        alterHeader: replace('headers/0001/type-info', '{"type":"a"}'),
      },
      /headers\/0001\/type-info/,
    ],
    [
      'whose payload depends on a device type that the artifact does not support',
      { payloads: [{ depends: { device_type: ['qemux86-64', 'other'] } }] },
      /cannot depend on a device type/,
    ],
    [
      'of format 2 that lists a missing file',
      { version: 2, alterHeader: replace('headers/0000/files', '{"files":["install.sh","gone"]}') },
      /headers\/0000\/files: gone is not both/,
    ],
    [
      'of format 2 that does not list one of its files',
      { version: 2, alterHeader: replace('headers/0000/files', '{"files":[]}') },
      /headers\/0000\/files: install.sh is not both/,
    ],
    [
      'with too many header entries',
      { scripts: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`s${i}`, ''])) },
      /more than 1000 entries/,
    ],
    [
      'with too many files',
      { payloads: [{ files: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, ''])) }] },
      /more than 1000 files/,
    ],
  ])('%s', async (_what, options, sentence) => {
    await expectRefusal(buildArtifact(options), sentence)
  })

  test.each(['{}', '{"type":""}', '{"type":null}', '{"type":"script"}'])(
    'not if its type-info is %s, which is consistent',
    async (content) => {
      expect(
        await read(await buildArtifact({ alterHeader: replace('headers/0000/type-info', content) })),
      ).toMatchObject({
        updates: [{ type_info: { type: 'script' } }],
      })
    },
  )

  test.each(['none', 'gz'] as const)('not because of the size of its state scripts (%s)', async (compression) => {
    const scripts = {
      ArtifactInstall_Enter_00: randomBytes(5 * 2 ** 20),
      ArtifactCommit_Enter_00: '\0'.repeat(17 * 2 ** 20),
    }
    const options = { compression, scripts: scripts as unknown as Record<string, string> }
    expect(await read(await buildArtifact(options))).toMatchObject({ name: 'release' })
    const changed = buildArtifact({
      ...options,
      alter: damage(compression === 'gz' ? 'header.tar.gz' : 'header.tar'),
    })
    await expectRefusal(changed, /invalid checksum: header|cannot decompress/)
  })

  test.each<[string, TarEntry]>([
    ['a path to a parent directory', { name: '../up', content: 'x' }],
    ['an absolute path', { name: '/etc/passwd', content: 'x' }],
    ['an empty path segment', { name: 'a//b', content: 'x' }],
    ['a dot segment', { name: './a', content: 'x' }],
    ['a control character', { name: 'a\tb', content: 'x' }],
    ['a backslash', { name: 'a\\b', content: 'x' }],
    ['a name that is too long', { name: 'x'.repeat(300), content: 'x' }],
    ['a symbolic link', { name: 'link', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'link', type: 'link', linkname: 'a' }],
    ['a directory', { name: 'folder', type: 'directory' }],
    ['a device', { name: 'disk', type: 'block-device' }],
    ['a pipe', { name: 'pipe', type: 'fifo' }],
  ])('with %s among its files', async (_what, entry) => {
    await expectRefusal(withData([entry], await tar([entry])), /tar: /)
  })

  test('with a duplicate file', async () => {
    const file = { name: 'a', content: 'x' }
    await expectRefusal(withData([file], await tar([file, file])), /is there twice/)
  })

  test('that declares an absurd size', async () => {
    const inner = await tar([{ name: 'a', content: 'x' }])
    const huge = Buffer.from(inner)
    huge.fill(0xff, 124, 136)
    huge[124] = 0x80
    await expectRefusal(withData([{ name: 'a', content: 'x' }], withChecksum(huge)), /too large/)
    huge.fill(0, 125, 130)
    await expectRefusal(withData([{ name: 'a', content: 'x' }], withChecksum(huge)), /unexpected EOF/)
  })

  test('with trailing bytes other than zeros', async () => {
    const file = await buildArtifact()
    expect(await read(Buffer.concat([file, Buffer.alloc(10_240)]))).toMatchObject({ name: 'release' })
    await expectRefusal(Buffer.concat([file, Buffer.from('garbage')]))
    await expectRefusal(Buffer.concat([file, Buffer.alloc(511)]))
    await expectRefusal(
      Buffer.concat([file, await tar([{ name: 'data/0001.tar', content: 'x' }])]),
      /bytes after its end/,
    )
  })

  test('that is not a tar archive', async () => {
    await expectRefusal(Buffer.from('hello'))
    await expectRefusal(Buffer.alloc(0))
    await expectRefusal(noise(5000))
    await expectRefusal(gzipSync(await buildArtifact()))
  })
})

/** Recomputes the checksum of the first tar header. */
function withChecksum(bytes: Buffer): Buffer {
  bytes.fill(' ', 148, 156)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

const END_OF_ARCHIVE = 1024

/** Title, builder, and stride between the bytes that are tried: decompressing xz is slow. */
const VARIANTS: [string, () => Promise<Buffer>, number][] = [
  [
    'uncompressed',
    () =>
      buildArtifact({ compression: 'none', payloads: [{ files: { a: noise(700), b: 'text' }, meta_data: { m: 1 } }] }),
    3,
  ],
  ['gzip, signed and augmented', () => buildArtifact({ signed: true, augmented: true, scripts: { s: 'x' } }), 1],
  ['xz', async () => fixture('xz.mender'), 29],
  ['zst', async () => fixture('zst.mender'), 3],
]

describe.each(VARIANTS)(`a damaged artifact (${SAMPLED}): %s`, (_kind, build, stride) => {
  test('truncated at any byte is rejected, unless only the end-of-archive blocks are missing', async () => {
    const file = await build()
    const end = file.length - END_OF_ARCHIVE
    const anywhere = Array.from({ length: Math.ceil(file.length / stride) }, (_, i) => i * stride)
    const atBlocks = Array.from({ length: Math.ceil(file.length / 512) }, (_, i) => i * 512)
    for (const length of [...sample(anywhere, { of: 5, offset: 0 }), ...atBlocks]) {
      const whole = length >= end && (length - end) % 512 === 0
      const outcome = await read(file.subarray(0, length), 4096).then(
        () => 'read',
        (error: unknown) => (error instanceof Refusal && error.status === 400 ? 'refused' : error),
      )
      expect([length, outcome]).toEqual([length, whole ? 'read' : 'refused'])
    }
  }, 360_000)

  test('with any one byte changed is rejected or parsed to the same result', async () => {
    const file = await build()
    const before = await read(file)
    const change = fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(change, async ([at, flip]) => {
        const changed = Buffer.from(file)
        changed[at] = (changed[at] as number) ^ flip
        const after = await read(changed, 4096).catch((error: unknown) => {
          if (error instanceof Refusal && error.status === 400) return undefined
          throw error
        })
        if (after) expect(after).toEqual(before)
      }),
      { numRuns: Math.ceil((isFull ? 1500 : 300) / stride) },
    )
  }, 360_000)
})

test('a changed byte in version, manifest, header, payload or padding is always rejected', async () => {
  const files = { a: noise(700) }
  const file = await buildArtifact({ compression: 'none', payloads: [{ files }], name: 'regions' })
  const regions = ['{"format"', '  version\n', 'header-info', '"artifact_name"', files.a.subarray(300, 310)]
  for (const region of regions) {
    const at = file.indexOf(region)
    expect(at).toBeGreaterThan(0)
    const changed = Buffer.from(file)
    changed[at + 2] = (changed[at + 2] as number) ^ 1
    await expectRefusal(changed)
  }
  const padded = Buffer.from(file)
  padded[file.indexOf('{"format"') + 200] = 1
  await expectRefusal(padded, /padding/)
})

test('a zstd frame that requires a huge window, or decompresses to too much, is rejected', async () => {
  const header = (frame: Buffer) =>
    buildArtifact({
      alter: (entries) =>
        entries.map((entry) => {
          if (entry.name === 'header.tar.gz') return { name: 'header.tar.zst', content: frame }
          if (entry.name !== 'manifest') return entry
          const lines = String(entry.content)
            .split('\n')
            .filter((line) => !line.includes('header'))
          return { ...entry, content: [`${sha256(frame)}  header.tar.zst`, ...lines].join('\n') }
        }),
    })
  const magic = [0x28, 0xb5, 0x2f, 0xfd]
  await expectRefusal(
    header(Buffer.from([...magic, 0x00, 0xa8, 0x01, 0x00, 0x00])),
    /window is larger than 33554432 bytes/,
  )
  // Every block of four bytes decompresses to 128 KiB of zeros.
  const zeros = Array.from({ length: 200 }, () => [0x02, 0x00, 0x10, 0x00]).flat()
  const frame = Buffer.from([...magic, 0x00, 0x58, ...zeros])
  const unpack = async () => {
    for await (const _ of decompress('.zst', chunked(frame), 2 ** 20));
  }
  await expect(unpack()).rejects.toThrow('larger than 1048576 bytes when decompressed: split the artifact')
})

test('the parser reads no more input than its consumer requests', async () => {
  let taken = 0
  const endless = Readable.from(
    (async function* () {
      for (;;) {
        taken++
        yield noise(1024)
      }
    })(),
    { highWaterMark: 1 },
  )
  await expect(readArtifact(endless)).rejects.toThrow(Refusal)
  expect(taken).toBeLessThan(10)
  expect(endless.destroyed).toBe(true)
})
