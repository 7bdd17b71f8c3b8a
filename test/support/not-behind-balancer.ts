import { leaveOut } from './left-out.ts'

const NGINX_ANSWERS = 'nginx responds to malformed HTTP itself, before any server receives it'
const NGINX_PASSES_ON = 'nginx controls the headers and buffers of the connection to its client'
const NGINX_REUSES = 'nginx responds with 502 if it sends a change over a connection that a server is closing'
const PER_PROCESS = 'login limits, blocked tokens and the number of event streams are counted by each process'
const OWN_LIMITS = 'each process has separate limits, and nginx sends one request at a time over its connections'
const OWN_LOG = 'the test reads the log of one server, and nginx chooses the server'
const ONE_STORE = 'the test S3 ignores If-None-Match: only within one process does the server prevent overwriting'

/** Tests that are meaningless with several servers behind nginx. */
leaveOut({
  'test/api/bad-input.test.ts': {
    'of more than 1 MiB is 413': NGINX_ANSWERS,
    'nested a hundred thousand levels deep is 400': NGINX_ANSWERS,
    'with an odd value as an id is rejected': NGINX_ANSWERS,
    'longer than the limit of the headers is 431': NGINX_ANSWERS,
    'that a path does not support is 405': NGINX_ANSWERS,
    'or anything else that is not HTTP is 400': NGINX_ANSWERS,
    'which HTTP parsers reject': NGINX_ANSWERS,
    'is 405 whatever its body is': NGINX_ANSWERS,
    'with an odd value is ignored or rejected': NGINX_ANSWERS,
    'no random request returns a 5xx': NGINX_ANSWERS,
  },
  'test/keep-alive.test.ts': { 'says how long its connection is kept': NGINX_PASSES_ON },
  'test/api/openapi-answers.test.ts': { 'to malformed bodies match': NGINX_REUSES },
  'test/api/openapi.test.ts': { 'that are rejected before the routes match the document': NGINX_ANSWERS },
  'test/api/database-trouble.test.ts': { 'that was not anticipated is logged': OWN_LOG },
  'test/api/fast-path-equivalence.test.ts': { 'as by the route': NGINX_ANSWERS },
  'test/api/fast-path.test.ts': { 'ends with its next poll once the server stops': NGINX_REUSES },
  'test/api/ddi-fast-path.test.ts': {
    'target is answered as by the route': NGINX_ANSWERS,
    'of them is answered as by the route': NGINX_ANSWERS,
  },
  'test/api/ddi-access.test.ts': {
    'wrong tokens are limited': PER_PROCESS,
    'that the database cannot look up': NGINX_ANSWERS,
  },
  'test/api/ddi-bad-input.test.ts': {
    'or one that cannot be decoded': NGINX_ANSWERS,
    'that is refused on every route': NGINX_ANSWERS,
    'the links of the device repeat it': NGINX_ANSWERS,
    'the authorization': NGINX_ANSWERS,
  },
  'test/api/lenient-devices.test.ts': { 'that is longer than its Content-Length': NGINX_ANSWERS },
  'test/api/web-ui.test.ts': { '/assets/a%00b': NGINX_ANSWERS },
  'test/api/deployment-events.test.ts': { 'begins with the unfinished deployments': NGINX_PASSES_ON },
  'test/api/deployment-listeners.test.ts': {
    'may have 32 streams': PER_PROCESS,
    'but does not read skips states': NGINX_PASSES_ON,
  },
  'test/api/login-limits.test.ts': {
    'fifty wrong passwords at once': PER_PROCESS,
    'an unknown user has the same limit': PER_PROCESS,
    'a session cannot be used to guess the password': PER_PROCESS,
    'guesses of codes are limited': PER_PROCESS,
    'an untrusted proxy is ignored': PER_PROCESS,
  },
  'test/overload.test.ts': { poll: OWN_LIMITS },
  'test/api/s3.test.ts': { 'of an id that is taken, or being taken': ONE_STORE },
})
