import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../support/artifact.ts'
import { mustRun } from './programs.ts'

/** A signer of images: the paths of its certificate and key. */
export type Signer = { certificate: string; key: string }

const SIGNER = ['-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=release']
const USES = ['-addext', 'keyUsage=digitalSignature', '-addext', 'extendedKeyUsage=emailProtection']

export async function makeSigner(dir: string): Promise<Signer> {
  const signer = { certificate: join(dir, 'release.crt'), key: join(dir, 'release.key') }
  const files = ['-keyout', signer.key, '-out', signer.certificate]
  await mustRun('openssl', ['req', '-x509', ...SIGNER, ...USES, ...files])
  return signer
}

type Swu = {
  /** Becomes the name of the file, `<name>.swu`. */
  name: string
  version: string
  /** Runs with `preinst`, then with `postinst`; the device's directory is in MUSTER_DEVICE_DIR. */
  script: string
  /** Makes the file larger by about this many bytes. */
  padding?: number
}

/** Writes a signed image for hardware revision 1.0 as SWUpdate's documentation shows it. Returns its path. */
export async function writeSwu(
  dir: string,
  signer: Signer,
  { name, version, script, padding = 0 }: Swu,
): Promise<string> {
  const padded = `${script}\n# ${randomBytes(padding / 2).toString('hex')}\n`
  const description = `software = {
  version = "${version}";
  description = "${name}";
  hardware-compatibility = [ "1.0" ];
  scripts: ({ filename = "install.sh"; type = "shellscript"; sha256 = "${sha256(padded)}"; });
}
`
  return packSwu(dir, signer, { name, description, files: { 'install.sh': padded } })
}

type Parts = { name: string; description: string; files: Record<string, string | Buffer> }

/** Signs a description, and writes it with its files into `<name>.swu`. Returns its path. */
export async function packSwu(dir: string, signer: Signer, { name, description, files }: Parts): Promise<string> {
  const parts = join(dir, `${name}-parts`)
  await mkdir(parts, { recursive: true })
  for (const [file, content] of Object.entries({ 'sw-description': description, ...files }))
    await writeFile(join(parts, file), content)
  const signature = ['-out', 'sw-description.sig', '-outform', 'DER', '-nosmimecap', '-binary']
  const by = ['-signer', signer.certificate, '-inkey', signer.key]
  await mustRun('openssl', ['cms', '-sign', '-in', 'sw-description', ...signature, ...by], { cwd: parts })
  const names = ['sw-description', 'sw-description.sig', ...Object.keys(files)]
  const file = join(dir, `${name}.swu`)
  const archive = `printf '%s\\n' ${names.join(' ')} | cpio --quiet -o -H crc > ${file}`
  await mustRun('sh', ['-c', archive], { cwd: parts })
  return file
}
