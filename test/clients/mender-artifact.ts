import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './programs.ts'

export const DEVICE_TYPES = ['-t', 'qemux86-64', '-t', 'raspberrypi4']

/** Writes `<name>.mender` into a directory with an executable payload for the script module. Returns its path. */
export async function writeScriptArtifact(dir: string, name: string, script: string, args: string[] = []) {
  const payload = join(dir, `${name}.sh`)
  await writeFile(payload, script)
  const module = ['module-image', '-T', 'script', '-f', payload, ...DEVICE_TYPES]
  return writeArtifact(dir, name, [...module, ...args])
}

/** `mender-artifact write <args> -n <name> -o <dir>/<name>.mender`. */
export async function writeArtifact(dir: string, name: string, args: readonly string[]): Promise<string> {
  const file = join(dir, `${name}.mender`)
  await mustRun('mender-artifact', ['write', ...args, '-n', name, '-o', file])
  return file
}
