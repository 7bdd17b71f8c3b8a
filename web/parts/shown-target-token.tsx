import { ShownToken } from './shown-token.tsx'

type Props = { controller_id: string; token: string; onClose: () => void }

export const ShownTargetToken = ({ controller_id, token, onClose }: Props) => (
  <ShownToken title={`Target token of ${controller_id}`} label="Target token" token={token} onClose={onClose}>
    The device sends it in the header <span className="mono">Authorization: TargetToken TOKEN</span>.
  </ShownToken>
)
