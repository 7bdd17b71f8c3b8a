export const DESCRIPTION = `Over-the-air software deployments to device fleets. Muster speaks the protocols of Mender.

- **Times** are RFC 3339 strings in UTC with milliseconds, unless a description says that they are Unix seconds.
  **IDs** are UUIDs.
- **Lists** have pages: \`page\` counts from 1, \`per_page\` is the number of rows. The header \`Link\` has the URLs of
  other pages (RFC 8288).
- **Refusals**, all responses of 400 and above, have a body of the schema \`Error\`. Programs match its \`code\`, people
  read its \`error\`.
- **Repetitions**: a request that creates something may have an \`Idempotency-Key\`; repeated with it, it creates nothing
  more, and gets the same answer.
- **Request IDs**: a request may bring an ID in \`X-MEN-RequestID\`; the response and the logs of the server have it, or
  one that the server chose.`

export const SERVERS = [
  { url: '/', description: 'The server that sent this document' },
  {
    url: 'https://{host}',
    description: 'Any server',
    variables: {
      host: {
        default: 'muster.example.com',
        description: 'Host name, port if it is not 443, and path if a proxy serves Muster below one',
      },
    },
  },
]

export const TAGS = [
  { name: 'deployments', description: 'Create, follow and abort deployments' },
  { name: 'releases', description: 'All artifacts of one name, with tags and notes' },
  { name: 'artifacts', description: 'Upload, describe, download and delete artifacts' },
  { name: 'inventory', description: 'Devices with their attributes, tags and groups' },
  {
    name: 'inventory filters',
    description: 'Search for devices, and save searches as filters for dynamic deployments',
  },
  { name: 'device authentication', description: 'Accept, reject and decommission devices' },
  { name: 'device configuration', description: 'What devices are to be configured with, and what they report' },
  { name: 'ddi', description: "Devices that speak hawkBit's Direct Device Integration: settings, tokens and actions" },
  { name: 'useradm', description: 'Sessions, users, personal access tokens, two-factor authentication and settings' },
  { name: 'roles', description: 'Roles and the permission sets that they consist of' },
  { name: 'tenantadm', description: 'The tenant of the user' },
  { name: 'audit log', description: 'Changes with the time and the user who made them' },
  { name: 'integrations', description: 'Webhooks: other systems that are sent what happens' },
  { name: 'device API', description: 'Requests of devices: authentication, inventory, polls, reports and logs' },
  {
    name: 'device API (DDI)',
    description: 'Requests of devices that speak Direct Device Integration, as of hawkBit: every success is a 200',
  },
  { name: 'health', description: 'Whether the server is alive and ready, for load balancers and orchestrators' },
]
