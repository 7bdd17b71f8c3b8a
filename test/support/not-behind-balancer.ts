import { relative } from 'node:path'
import { beforeEach } from 'vitest'

const NGINX_ANSWERS = 'nginx responds to malformed HTTP itself, before any server receives it'
const NGINX_PASSES_ON = 'nginx controls the headers and buffers of the connection to its client'
const PER_PROCESS = 'login limits and the number of event streams are counted by each process'
const OWN_LIMITS = 'each process has separate limits, and nginx sends one request at a time over its connections'
const ONE_STORE = 'the test S3 ignores If-None-Match: only within one process does the server prevent overwriting'

/** Tests that are meaningless with several servers behind nginx, by file: a part of their titles, and the reason. */
const LEFT_OUT: Record<string, Record<string, string>> = {
  'test/api/bad-input.test.ts': {
    'of more than 1 MiB is 413': NGINX_ANSWERS,
    'nested a hundred thousand levels deep is 400': NGINX_ANSWERS,
    'with anything odd for an id is refused': NGINX_ANSWERS,
    'longer than the headers may be is 431': NGINX_ANSWERS,
    'that a path does not know is 405': NGINX_ANSWERS,
    'or anything else that is no HTTP is 400': NGINX_ANSWERS,
    'which HTTP parsers do not pass on': NGINX_ANSWERS,
    'is 405 whatever its body is like': NGINX_ANSWERS,
    'that is odd is passed over or refused': NGINX_ANSWERS,
    'nothing that anybody can think of is a 5xx': NGINX_ANSWERS,
  },
  'test/api/idle-poll-equivalence.test.ts': { 'at an idle poll as the route would': NGINX_ANSWERS },
  'test/api/lenient-devices.test.ts': { 'of which more comes than was announced': NGINX_ANSWERS },
  'test/api/web-ui.test.ts': { '/assets/a%00b': NGINX_ANSWERS },
  'test/api/deployment-events.test.ts': { 'begins with the unfinished deployments': NGINX_PASSES_ON },
  'test/api/deployment-listeners.test.ts': {
    'may have 32 streams': PER_PROCESS,
    'but does not read misses states': NGINX_PASSES_ON,
  },
  'test/api/login-limits.test.ts': {
    'fifty wrong passwords at once': PER_PROCESS,
    'a user that does not exist is no different': PER_PROCESS,
    'whoever has a session cannot guess the password': PER_PROCESS,
    'codes cannot be guessed': PER_PROCESS,
    'a proxy that is not trusted is not believed': PER_PROCESS,
  },
  'test/overload.test.ts': { poll: OWN_LIMITS },
  'test/api/s3.test.ts': { 'of an id that is taken, or being taken': ONE_STORE },
}

beforeEach(({ task, skip }) => {
  const file = relative(process.cwd(), task.file.filepath)
  const found = Object.entries(LEFT_OUT[file] ?? {}).find(([name]) => task.name.includes(name))
  if (found) skip(found[1])
})
