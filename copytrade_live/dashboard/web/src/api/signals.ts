import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { SignalSearch } from "../app/search";
import { client, take } from "./client";

const PAGE = 50;
const LATEST = 8;

export const latestSignalsQuery = queryOptions({
  queryKey: ["signals", "latest"],
  queryFn: ({ signal }) => take(client.GET("/api/signals", { signal, params: { query: { limit: LATEST } } })),
});

/** The feed, newest first, page after page. */
export const signalsQuery = ({ outcome, reason, leader }: SignalSearch) =>
  infiniteQueryOptions({
    queryKey: ["signals", "feed", outcome, reason, leader],
    queryFn: ({ signal, pageParam }) =>
      take(
        client.GET("/api/signals", {
          signal,
          params: {
            query: {
              limit: PAGE,
              ...(outcome !== undefined && { outcome }),
              ...(reason !== undefined && { reason }),
              ...(leader !== undefined && { leader }),
              ...(pageParam !== null && { before: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next_before,
  });
