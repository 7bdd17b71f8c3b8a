import { TextInput } from '@mantine/core'

type Props = { token: string; error: string | undefined; onChange: (token: string) => void }

/** A token that devices already have, in place of a new random one. */
export const OwnToken = ({ token, error, onChange }: Props) => (
  <TextInput
    label="Token"
    description="Leave it empty for a new random token. Enter one that devices already have, for example from hawkBit."
    autoComplete="off"
    maxLength={256}
    classNames={{ input: 'mono' }}
    value={token}
    error={error}
    onChange={({ currentTarget: { value } }) => onChange(value.trim())}
  />
)
