import { Stack } from '@mantine/core'
import { useDdiSettings, useMayManageAllDevices } from '../../api/ddi.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { DdiForm } from './ddi/form.tsx'
import { GatewayTokens } from './ddi/gateway-tokens.tsx'
import { SetUpDevices } from './ddi/set-up-devices.tsx'

/** How devices connect that speak Direct Device Integration. */
export function Ddi() {
  const settings = useDdiSettings()
  const mayChange = useMayManageAllDevices()
  return (
    <Loaded query={settings} lines={8}>
      {(stored) => (
        <div className="cards">
          <DdiForm stored={stored} mayChange={mayChange} />
          <Stack>
            <GatewayTokens isOn={stored.gateway_token} mayChange={mayChange} />
            <SetUpDevices settings={stored} />
          </Stack>
        </div>
      )}
    </Loaded>
  )
}
