import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import type { Api } from '../support/api.ts'
import { uploadFile } from '../support/artifact.ts'
import { writeScriptArtifact } from './mender-artifact.ts'

// A client named `broken` always fails, `stumbling` only the first time.
const RELEASE_1 = `#!/bin/sh
echo once >> "$MENDER_INSTANCE_DIR/runs"
case "$MENDER_INSTANCE_DIR" in
  */broken) echo 'the flash is worn out' >&2; exit 1;;
  */stumbling) mkdir "$MENDER_INSTANCE_DIR/stumbled" && { echo 'the first time fails' >&2; exit 1; };;
esac
exit 0
`
const RELEASE_2 = `#!/bin/sh
touch "$MENDER_INSTANCE_DIR/installing"
for i in $(seq 600); do [ -e "$MENDER_INSTANCE_DIR/go-on" ] && exit 0; sleep 0.1; done
exit 1
`

/** Uploads release-1, which some clients fail to install, and release-2, which blocks until it may continue. */
export async function uploadReleases(api: Api, dir: string): Promise<void> {
  for (const [name, script] of Object.entries({ 'release-1': RELEASE_1, 'release-2': RELEASE_2 })) {
    const file = await readFile(await writeScriptArtifact(dir, name, script))
    expect(await uploadFile(api, file)).toMatchObject({ status: 201 })
  }
}
