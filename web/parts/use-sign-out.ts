import { useMutation, useQueryClient } from '@tanstack/react-query'
import { forgetRecent } from '../api/recent.ts'
import { SESSION_KEY, signOut } from '../api/session.ts'

export function useSignOut() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: signOut,
    onSuccess: (provider_url) => {
      forgetRecent()
      if (provider_url) return location.assign(provider_url)
      queries.setQueryData(SESSION_KEY, null)
    },
  })
}
