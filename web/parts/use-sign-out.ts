import { useMutation, useQueryClient } from '@tanstack/react-query'
import { forgetRecent } from '../api/recent.ts'
import { SESSION_KEY, signOut } from '../api/session.ts'

export function useSignOut() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      forgetRecent()
      queries.setQueryData(SESSION_KEY, null)
    },
  })
}
