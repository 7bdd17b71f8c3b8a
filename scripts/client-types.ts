import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const GENERATORS = resolve(import.meta.dirname, '../test/clients/generators/package.json')

/** The arguments of Node.js that write the types of an OpenAPI document into a file. */
export const typesOf = (document: string, file: string): string[] => {
  const generator = dirname(createRequire(GENERATORS).resolve('openapi-typescript/package.json'))
  const options = ['--root-types', '--root-types-no-schema-prefix']
  return [join(generator, 'bin', 'cli.js'), document, '--output', file, ...options]
}
