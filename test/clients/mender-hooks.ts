import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// The paths are compiled into the client and shared by all its instances; these scripts distinguish the instances by
// MENDER_INSTANCE_DIR, and call the scripts that they replaced for any other client of this machine.
const KEPT = '.before-muster'
const hook = (command: string) => `#!/bin/sh
if [ -z "$MENDER_INSTANCE_DIR" ]; then [ ! -x "$0${KEPT}" ] || exec "$0${KEPT}"; exit 0; fi
${command}
`

/** In place of mender-configure: keeps the configuration beside the identity, and refuses one that is broken. */
const CONFIGURE = `#!/bin/sh
if [ -z "$MENDER_INSTANCE_DIR" ]; then [ ! -x "$0${KEPT}" ] || exec "$0${KEPT}" "$@"; exit 0; fi
config="$MENDER_INSTANCE_DIR/device-config.json"
case "$1" in
  SupportsRollback) echo Yes ;;
  NeedsArtifactReboot) echo No ;;
  ArtifactInstall)
    [ ! -e "$config" ] || cp "$config" "$2/tmp/before"
    cp "$2/header/meta-data" "$config"
    if grep -q broken "$config"; then echo "the time zone is broken" >&2; exit 2; fi ;;
  ArtifactRollback) if [ -e "$2/tmp/before" ]; then cp "$2/tmp/before" "$config"; else rm -f "$config"; fi ;;
esac
exit 0
`
const HOOKS = {
  '/etc/mender/artifact_info': 'artifact_name=factory-0\n',
  '/usr/share/mender/modules/v3/mender-configure': CONFIGURE,
  '/usr/share/mender/identity/mender-device-identity': hook('cat "$MENDER_INSTANCE_DIR/identity"'),
  '/usr/share/mender/inventory/mender-inventory-muster-test': hook(
    'cat "$MENDER_INSTANCE_DIR/inventory"\nmender --no-syslog --config "$MENDER_INSTANCE_DIR/mender.conf" --data "$MENDER_INSTANCE_DIR/data" show-provides',
  ),
}

/** A file for each use of the scripts, since several files of tests run at a time. Its name begins with a process id. */
const USES = join(tmpdir(), 'muster-mender-hooks')

/** Installs the scripts of the tests, and keeps a backup of the existing ones, which the last disposal restores. */
export async function installHooks(): Promise<AsyncDisposable> {
  const use = join(USES, `${process.pid}-${randomUUID()}`)
  await exclusively(async () => {
    await writeFile(use, '')
    for (const [path, content] of Object.entries(HOOKS)) await installHook(path, content)
  })
  return {
    [Symbol.asyncDispose]: () =>
      exclusively(async () => {
        await rm(use)
        const uses = await readdir(USES)
        if (!uses.some((name) => isRunning(Number.parseInt(name, 10)))) await removeHooks()
      }),
  }
}

async function installHook(path: string, content: string) {
  await mkdir(dirname(path), { recursive: true })
  const present = await readFile(path, 'utf8').catch(() => content)
  // Files left by an interrupted run belong to the tests, not to the machine.
  if (present !== content) await rename(path, path + KEPT)
  await writeFile(path, content)
  await chmod(path, 0o755)
}

async function removeHooks() {
  for (const path of Object.keys(HOOKS)) {
    await rm(path, { force: true })
    await rename(path + KEPT, path).catch(() => {})
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

const STALE_MS = 10_000

/** One process at a time: the one that has created the directory. */
async function exclusively(work: () => Promise<void>): Promise<void> {
  const lock = `${USES}.lock`
  await mkdir(USES, { recursive: true })
  for (
    const since = Date.now();
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ));
    await sleep(50)
  )
    if (Date.now() - since > STALE_MS) await rm(lock, { recursive: true, force: true })
  await work().finally(() => rm(lock, { recursive: true, force: true }))
}
