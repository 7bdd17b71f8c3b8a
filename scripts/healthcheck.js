// For the container: exit code 0 if the server in it is ready. Its certificate need not be one of 127.0.0.1.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
process.removeAllListeners('warning')

const { MUSTER_TLS_CERT, MUSTER_PORT } = process.env
const url = `${MUSTER_TLS_CERT ? 'https' : 'http'}://127.0.0.1:${MUSTER_PORT || 8080}/ready`
const answer = await fetch(url).catch(() => undefined)
process.exit(answer?.ok ? 0 : 1)
