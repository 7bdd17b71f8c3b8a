import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

// DER of an Ed25519 private key, up to the 32 bytes of the key itself.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const MAX_TOKEN_LENGTH = 1024

/**
 * The state of many devices in little memory: a token and a release each. Identities and the shared key are derived
 * from the name of the fleet, so that the next run simulates the same devices.
 */
export class Fleet {
  readonly size: number
  /** Indexes of devices that must not poll: the server would assume that they started over. */
  readonly installing = new Set<number>()
  readonly #name: string
  readonly #key: ReturnType<typeof createPrivateKey>
  readonly #pubkey: string
  // Outside the JavaScript heap; the system allocates its pages when they are first written.
  readonly #tokens: Buffer
  readonly #lengths: Uint16Array
  readonly #runs: Uint16Array
  readonly #releases: string[]

  constructor(name: string, size: number, release: string) {
    const seed = createHash('sha256').update(`devices of the load ${name}`).digest()
    this.#name = name
    this.size = size
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
    this.#pubkey = createPublicKey(this.#key).export({ type: 'spki', format: 'pem' }).toString()
    this.#tokens = Buffer.from(new ArrayBuffer(size * MAX_TOKEN_LENGTH))
    this.#lengths = new Uint16Array(size)
    this.#runs = new Uint16Array(size)
    this.#releases = [release]
  }

  serial = (index: number): string => `${this.#name}-${String(index).padStart(7, '0')}`
  isOurs = (serial: unknown): boolean => typeof serial === 'string' && serial.startsWith(`${this.#name}-`)

  /** The signed authentication request. */
  authRequest(index: number, tenant_token: string): { body: string; signature: string } {
    const id_data = JSON.stringify({ serial: this.serial(index) })
    const body = JSON.stringify({ id_data, pubkey: this.#pubkey, tenant_token })
    return { body, signature: sign(null, Buffer.from(body), this.#key).toString('base64') }
  }

  token(index: number): string | undefined {
    const length = this.#lengths[index] ?? 0
    const from = index * MAX_TOKEN_LENGTH
    return length === 0 ? undefined : this.#tokens.toString('latin1', from, from + length)
  }

  setToken(index: number, token: string | undefined) {
    if (token && token.length > MAX_TOKEN_LENGTH)
      throw new Error(`The tokens of the server are longer than ${MAX_TOKEN_LENGTH} characters.`)
    this.#lengths[index] = token ? this.#tokens.write(token, index * MAX_TOKEN_LENGTH, 'latin1') : 0
  }

  release = (index: number): string => this.#releases[this.#runs[index] ?? 0] ?? ''

  setRelease(index: number, name: string) {
    if (!this.#releases.includes(name)) this.#releases.push(name)
    this.#runs[index] = this.#releases.indexOf(name)
  }
}
