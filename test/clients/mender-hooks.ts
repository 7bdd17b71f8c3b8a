import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

// The paths are compiled into the client and shared by all its instances; these scripts distinguish the instances by
// MENDER_INSTANCE_DIR, and call the scripts that they replaced for any other client of this machine.
const KEPT = '.before-muster'
const hook = (command: string) => `#!/bin/sh
if [ -z "$MENDER_INSTANCE_DIR" ]; then [ ! -x "$0${KEPT}" ] || exec "$0${KEPT}"; exit 0; fi
${command}
`
const HOOKS = {
  '/etc/mender/artifact_info': 'artifact_name=factory-0\n',
  '/usr/share/mender/identity/mender-device-identity': hook('cat "$MENDER_INSTANCE_DIR/identity"'),
  '/usr/share/mender/inventory/mender-inventory-muster-test': hook(
    'cat "$MENDER_INSTANCE_DIR/inventory"\nmender --no-syslog --config "$MENDER_INSTANCE_DIR/mender.conf" --data "$MENDER_INSTANCE_DIR/data" show-provides',
  ),
}

/** Installs the scripts of the test, and keeps a backup of the existing ones, which disposal restores. */
export async function installHooks(): Promise<AsyncDisposable> {
  for (const [path, content] of Object.entries(HOOKS)) {
    await mkdir(dirname(path), { recursive: true })
    const present = await readFile(path, 'utf8').catch(() => content)
    // Files left by an interrupted run belong to the tests, not to the machine.
    if (present !== content) await rename(path, path + KEPT)
    await writeFile(path, content)
    await chmod(path, 0o755)
  }
  return { [Symbol.asyncDispose]: removeHooks }
}

async function removeHooks() {
  for (const path of Object.keys(HOOKS)) {
    await rm(path)
    await rename(path + KEPT, path).catch(() => {})
  }
}
