import type { Permission } from '../../api/session.ts'

export type SettingsSection = { path: string; label: string; about: string; permission: Permission }

const toSection = (path: string, label: string, about: string, permission: Permission): SettingsSection => ({
  ...{ path, label, about, permission },
})

export const SETTINGS_SECTIONS = [
  toSection('account', 'Account', 'Your e-mail address, password, two-factor authentication and preferences', 'read'),
  toSection('access-tokens', 'Access tokens', 'For scripts and pipelines', 'read'),
  toSection('users', 'Users', 'Who can sign in', 'read_users'),
  toSection('roles', 'Roles', 'What users can see and change', 'read_users'),
  toSection('downloads', 'Downloads', 'When updates are offered, and how many devices download', 'read_deployments'),
  toSection('sign-in', 'Sign-in', 'By the accounts of your company', 'users'),
  toSection('recipes', 'Recipes', 'How deployments proceed, for you to choose', 'deployments'),
  toSection('devices', 'Devices', 'What devices are called', 'read_devices'),
  toSection('ddi', 'DDI', 'How devices of hawkBit connect', 'read_devices'),
  toSection('webhooks', 'Webhooks', 'Where what happens is sent', 'integrations'),
  toSection('audit-log', 'Audit log', 'Who did what, and when', 'read_audit_logs'),
  toSection('tenant', 'Tenant', 'Plan, device limit and tenant token', 'read'),
]
