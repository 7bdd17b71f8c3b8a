import { leaveOut } from './left-out.ts'

const NO_CITUS = 'the test stands in for Citus; test/citus.test.ts runs the command on a cluster'
const NO_TRIGGERS = 'distributed tables have no triggers: changes by SQL alone are not noted (decision 28)'
const PLANS = 'each shard has a plan, and none can be read within a transaction'
const OWN_NUMBERS = 'the test orders transactions by the numbers of their rows, and each machine numbers its own'
const NO_MOMENT = 'a query of all shards does not see them at one moment'

/** Tests that are meaningless on a distributed database. */
leaveOut({
  'test/api/large-fleet.test.ts': { 'are read from an index in order': PLANS },
  'test/change-feed.test.ts': { '': NO_TRIGGERS },
  'test/distribute.test.ts': { '': NO_CITUS },
  'test/idle-rule.test.ts': { '': NO_TRIGGERS },
  'test/rollout-clock.test.ts': {
    'before the gate has held': OWN_NUMBERS,
    'no 60 seconds have more offers': OWN_NUMBERS,
  },
  'test/rollout-races.test.ts': {
    'nothing is handed out after a trip': OWN_NUMBERS,
    '500 devices that fail at once': OWN_NUMBERS,
    'no attempt begins after a pause': OWN_NUMBERS,
    'as many devices as may be in flight are': NO_MOMENT,
    'a phase behind a gate takes': OWN_NUMBERS,
  },
})
