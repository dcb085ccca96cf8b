import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";
import { sessionQuery } from "./queries";

/** The cache of everything read. A session that is gone leads to the login page, whoever notices it. */
export function makeQueryClient(): QueryClient {
  const noticed = (error: Error): void => {
    if (error instanceof ApiError && error.isSessionGone) queries.setQueryData(sessionQuery.queryKey, null);
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: noticed }),
    mutationCache: new MutationCache({ onError: noticed }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) =>
          !(error instanceof ApiError && error.status >= 400 && error.status < 500) && failures < 2,
      },
    },
  });
  return queries;
}
